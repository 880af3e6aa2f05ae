namespace Alignment.Storage.Dialects;

/// <summary>SQLite in WAL mode; one writer at a time, so claims need no row locks.</summary>
public sealed class SqliteDialect : IDialect
{
    /// <summary>Registered on every connection; reads the injected TimeProvider so that tests can move time.</summary>
    internal const string NowFunction = "now_ms";

    public string Name => "sqlite";

    public string Now => NowFunction + "()";

    public string SkipLocked => "";

    public string ForUpdate => "";

    public string In(string column, string parameter) => $"{column} in @{parameter}";

    public IReadOnlyDictionary<string, string> MigrationTokens { get; } = new Dictionary<string, string>
    {
        ["identity"] = "integer primary key autoincrement",
        ["blob"] = "blob",
        ["real"] = "real",
    };
}

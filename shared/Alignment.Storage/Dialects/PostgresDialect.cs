namespace Alignment.Storage.Dialects;

/// <summary>PostgreSQL 15 or newer; the database clock rules leases, so that hosts with wrong clocks cannot steal jobs.</summary>
public sealed class PostgresDialect : IDialect
{
    public string Name => "postgresql";

    public string Now => "(extract(epoch from clock_timestamp()) * 1000)::bigint";

    public string SkipLocked => "for update skip locked";

    public string ForUpdate => "for update";

    public string In(string column, string parameter) => $"{column} = any(@{parameter})";

    public IReadOnlyDictionary<string, string> MigrationTokens { get; } = new Dictionary<string, string>
    {
        ["identity"] = "bigint generated always as identity primary key",
        ["blob"] = "bytea",
        ["real"] = "double precision",
    };
}

namespace Alignment.Storage.Dialects;

/// <summary>
/// Every difference between SQLite and PostgreSQL that the SQL of this product needs. Rules that keep the list short:
/// integers are <c>bigint</c>, JSON is <c>text</c>, parameter names are lower case (SQLite compares them exactly).
/// </summary>
public interface IDialect
{
    /// <summary><c>sqlite</c> or <c>postgresql</c>.</summary>
    string Name { get; }

    /// <summary>SQL expression of the current epoch milliseconds: the database clock on PostgreSQL, the host's TimeProvider on SQLite.</summary>
    string Now { get; }

    /// <summary>Ends a sub-select that claims rows: <c>for update skip locked</c>, or nothing where one writer holds the database.</summary>
    string SkipLocked { get; }

    /// <summary>Ends a select that locks the row it read: <c>for update</c>, or nothing.</summary>
    string ForUpdate { get; }

    /// <summary>Membership test of a column in a list parameter: <c>= any(@ids)</c> or Dapper's expanded <c>in @ids</c>.</summary>
    string In(string column, string parameter);

    /// <summary>Values of the <c>$token$</c>s in migration scripts: identity, blob, real.</summary>
    IReadOnlyDictionary<string, string> MigrationTokens { get; }
}

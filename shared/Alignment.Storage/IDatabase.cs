using System.Data.Common;
using Alignment.Storage.Dialects;

namespace Alignment.Storage;

/// <summary>The one relational store of the suite: SQLite (WAL) or PostgreSQL, chosen by the connection setting.</summary>
public interface IDatabase : IAsyncDisposable
{
    /// <summary>What differs between the two databases; SQL text beside the code asks it and nobody else.</summary>
    IDialect Dialect { get; }

    /// <summary>Runs a read on a pooled connection. Transient faults run the whole delegate again.</summary>
    Task<T> ReadAsync<T>(Func<DbConnection, CancellationToken, Task<T>> read, CancellationToken ct);

    /// <summary>
    /// Runs a write in one transaction (SQLite <c>BEGIN IMMEDIATE</c>, PostgreSQL read committed) and commits it.
    /// Transient faults run the whole delegate again, so it must have no effect outside the transaction.
    /// </summary>
    Task<T> WriteAsync<T>(Func<DbTransaction, CancellationToken, Task<T>> write, CancellationToken ct);

    /// <summary>Runs <paramref name="action"/> once <paramref name="transaction"/> has committed; a rollback or retry forgets it. Must not throw.</summary>
    void AfterCommit(DbTransaction transaction, Action action);
}

/// <summary>Shorthand for writes without a result.</summary>
public static class DatabaseExtensions
{
    public static Task WriteAsync(this IDatabase database, Func<DbTransaction, CancellationToken, Task> write, CancellationToken ct) =>
        database.WriteAsync<bool>(async (tx, token) =>
        {
            await write(tx, token).ConfigureAwait(false);
            return true;
        }, ct);
}

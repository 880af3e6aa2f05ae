using System.Data.Common;
using Alignment.Storage.Dialects;
using Microsoft.Data.Sqlite;
using Polly;

namespace Alignment.Storage.Databases;

/// <summary>
/// SQLite in WAL mode with full synchronisation. Writers of this process queue at a semaphore (no busy spinning);
/// writers of other processes at <c>BEGIN IMMEDIATE</c> under a 10 s busy timeout. Deferred transactions that upgrade
/// fail at once whatever the timeout, so there are none.
/// </summary>
internal sealed class SqliteDatabase : IDatabase
{
    private const int BusyTimeoutMilliseconds = 10_000;
    private readonly string connectionString;
    private readonly string file;
    private readonly TimeProvider time;
    private readonly ResiliencePipeline retry;
    private readonly SemaphoreSlim writer = new(1, 1);
    private readonly AsyncLocal<bool> writing = new();
    private readonly CommitActions commits = new();

    public SqliteDatabase(string connectionString, TimeProvider time)
    {
        var settings = new SqliteConnectionStringBuilder(connectionString) { Pooling = true };
        this.connectionString = settings.ToString();
        this.time = time;
        file = Path.GetFullPath(settings.DataSource);
        retry = Transient.Pipeline(time);
        SqliteFaults.PrepareFolder(file);
    }

    public IDialect Dialect { get; } = new SqliteDialect();

    public async Task<T> ReadAsync<T>(Func<DbConnection, CancellationToken, Task<T>> read, CancellationToken ct) =>
        await retry.ExecuteAsync(async token =>
        {
            try
            {
                await using var connection = Open();
                return await read(connection, token).ConfigureAwait(false);
            }
            catch (SqliteException fault) when (SqliteFaults.Explain(fault, file) is { } explained)
            {
                throw explained;
            }
        }, ct).ConfigureAwait(false);

    public async Task<T> WriteAsync<T>(Func<DbTransaction, CancellationToken, Task<T>> write, CancellationToken ct)
    {
        if (writing.Value)
        {
            throw new InvalidOperationException("A write inside a write would wait for itself: pass the open transaction on.");
        }

        return await retry.ExecuteAsync(async token => await WriteOnce(write, token).ConfigureAwait(false), ct).ConfigureAwait(false);
    }

    private async Task<T> WriteOnce<T>(Func<DbTransaction, CancellationToken, Task<T>> write, CancellationToken ct)
    {
        await writer.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            writing.Value = true;
            await using var connection = Open();
            await using var transaction = connection.BeginTransaction(deferred: false);
            var result = await write(transaction, ct).ConfigureAwait(false);
            transaction.Commit();
            commits.Run(transaction);
            return result;
        }
        catch (SqliteException fault) when (SqliteFaults.Explain(fault, file) is { } explained)
        {
            throw explained;
        }
        finally
        {
            writing.Value = false;
            writer.Release();
        }
    }

    public void AfterCommit(DbTransaction transaction, Action action) => commits.Add(transaction, action);

    /// <summary>An open connection with the pragmas and the clock function of this product.</summary>
    internal SqliteConnection Open()
    {
        var connection = new SqliteConnection(connectionString);
        try
        {
            connection.Open();
            connection.CreateFunction(SqliteDialect.NowFunction, () => time.Now());
            using var pragmas = connection.CreateCommand();
            pragmas.CommandText = $"pragma busy_timeout={BusyTimeoutMilliseconds}; pragma journal_mode=wal; pragma synchronous=full; pragma foreign_keys=on;";
            pragmas.ExecuteNonQuery();
            return connection;
        }
        catch (SqliteException fault) when (SqliteFaults.Explain(fault, file) is { } explained)
        {
            connection.Dispose();
            throw explained;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public ValueTask DisposeAsync()
    {
        using var connection = new SqliteConnection(connectionString);
        SqliteConnection.ClearPool(connection);
        writer.Dispose();
        return ValueTask.CompletedTask;
    }
}

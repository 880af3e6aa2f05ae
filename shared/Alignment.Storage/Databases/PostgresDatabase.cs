using System.Data.Common;
using Alignment.Storage.Dialects;
using Npgsql;
using Polly;

namespace Alignment.Storage.Databases;

/// <summary>PostgreSQL behind one pooled data source.</summary>
internal sealed class PostgresDatabase : IDatabase
{
    private const int DefaultPoolSize = 25;
    private readonly NpgsqlDataSource source;
    private readonly ResiliencePipeline retry;
    private readonly CommitActions commits = new();

    public PostgresDatabase(string connectionString, TimeProvider time)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { ApplicationName = "alignment" };
        if (!connectionString.Contains("Pool Size", StringComparison.OrdinalIgnoreCase))
        {
            settings.MaxPoolSize = DefaultPoolSize;
        }

        ConnectionString = settings.ToString();
        source = NpgsqlDataSource.Create(settings);
        retry = Transient.Pipeline(time);
    }

    public IDialect Dialect { get; } = new PostgresDialect();

    internal string ConnectionString { get; }

    public async Task<T> ReadAsync<T>(Func<DbConnection, CancellationToken, Task<T>> read, CancellationToken ct) =>
        await retry.ExecuteAsync(async token =>
        {
            await using var connection = await source.OpenConnectionAsync(token).ConfigureAwait(false);
            return await read(connection, token).ConfigureAwait(false);
        }, ct).ConfigureAwait(false);

    public async Task<T> WriteAsync<T>(Func<DbTransaction, CancellationToken, Task<T>> write, CancellationToken ct) =>
        await retry.ExecuteAsync(async token =>
        {
            await using var connection = await source.OpenConnectionAsync(token).ConfigureAwait(false);
            await using var transaction = await connection.BeginTransactionAsync(token).ConfigureAwait(false);
            commits.Begin(transaction);
            var result = await write(transaction, token).ConfigureAwait(false);
            await transaction.CommitAsync(token).ConfigureAwait(false);
            commits.Run(transaction);
            return result;
        }, ct).ConfigureAwait(false);

    public void AfterCommit(DbTransaction transaction, Action action) => commits.Add(transaction, action);

    public ValueTask DisposeAsync() => source.DisposeAsync();
}

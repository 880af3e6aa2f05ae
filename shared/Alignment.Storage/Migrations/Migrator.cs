using Alignment.Storage.Databases;
using DbUp;
using DbUp.Builder;
using DbUp.Engine;
using DbUp.Engine.Output;
using DbUp.Sqlite.Helpers;
using Npgsql;

namespace Alignment.Storage.Migrations;

/// <summary>
/// Brings the tables of every registered project up to date with DbUp. Any number of processes may start at once:
/// PostgreSQL runs under an advisory lock, SQLite inside one <c>BEGIN IMMEDIATE</c>; the second finds the journal complete.
/// </summary>
public sealed class Migrator(IDatabase database, IEnumerable<MigrationSet> sets)
{
    private const string Journal = "schema_migrations";

    /// <summary>Arbitrary but fixed: the advisory lock that all processes of the suite share ("align").</summary>
    private const long AdvisoryLock = 0x616c69676e;

    private readonly SemaphoreSlim once = new(1, 1);
    private bool done;

    /// <summary>Runs the scripts that have not run yet; the second call of a process returns at once.</summary>
    /// <exception cref="StorageException">A script failed; the message names it.</exception>
    public async Task RunAsync(CancellationToken ct)
    {
        await once.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            if (!done)
            {
                await (database switch
                {
                    SqliteDatabase sqlite => Task.Run(() => Run(sqlite), ct),
                    PostgresDatabase postgres => RunAsync(postgres, ct),
                    _ => throw new NotSupportedException($"No migrations for {database.GetType().Name}."),
                }).ConfigureAwait(false);
                done = true;
            }
        }
        finally
        {
            once.Release();
        }
    }

    private void Run(SqliteDatabase sqlite)
    {
        using var connection = sqlite.Open();
        using (var begin = connection.CreateCommand())
        {
            begin.CommandText = "begin immediate";
            begin.ExecuteNonQuery();
        }

        using var shared = new SharedConnection(connection);
        var result = Upgrade(DeployChanges.To.SqliteDatabase(shared).JournalToSqliteTable(Journal));
        using var end = connection.CreateCommand();
        end.CommandText = result.Successful ? "commit" : "rollback";
        end.ExecuteNonQuery();
        ThrowIfFailed(result);
    }

    private async Task RunAsync(PostgresDatabase postgres, CancellationToken ct)
    {
        // Outside the pool: the lock lives exactly as long as this session.
        var settings = new NpgsqlConnectionStringBuilder(postgres.ConnectionString) { Pooling = false };
        await using var session = new NpgsqlConnection(settings.ToString());
        await session.OpenAsync(ct).ConfigureAwait(false);
        await using (var take = new NpgsqlCommand($"select pg_advisory_lock({AdvisoryLock})", session) { CommandTimeout = 120 })
        {
            await take.ExecuteNonQueryAsync(ct).ConfigureAwait(false);
        }

        var result = Upgrade(DeployChanges.To.PostgresqlDatabase(settings.ToString()).JournalToPostgresqlTable("public", Journal).WithTransaction());
        ThrowIfFailed(result);
    }

    private DatabaseUpgradeResult Upgrade(UpgradeEngineBuilder builder) => builder
        .WithScripts(sets.SelectMany(set => set.Scripts()).Select(script => new SqlScript(script.Name, script.Sql)))
        .WithVariables(database.Dialect.MigrationTokens.ToDictionary())
        .LogTo(new NoOpUpgradeLog())
        .Build()
        .PerformUpgrade();

    private static void ThrowIfFailed(DatabaseUpgradeResult result)
    {
        if (!result.Successful)
        {
            throw new StorageException($"The migration '{result.ErrorScript?.Name}' failed: {result.Error.Message} Nothing of it was kept; repair the script or the database and start again.", result.Error);
        }
    }
}

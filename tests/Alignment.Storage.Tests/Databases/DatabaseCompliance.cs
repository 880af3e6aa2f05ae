using System.Data.Common;
using Alignment.Storage.Databases;
using Alignment.Storage.Migrations;
using Dapper;

namespace Alignment.Storage.Tests.Databases;

/// <summary>What every database of the product does; run once per kind.</summary>
public abstract class DatabaseCompliance : IDisposable
{
    private readonly TestFolder folder = new();
    private readonly CancellationToken ct = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Write_DelegateThrows_NothingIsKept()
    {
        await using var database = await MigratedAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => database.WriteAsync<int>(async (tx, _) =>
        {
            await Insert(tx, "lost");
            throw new InvalidOperationException();
        }, ct));

        Assert.Equal(0, await CountAsync(database));
    }

    [Fact]
    public async Task AfterCommit_RollbackThenCommit_RunsOnce()
    {
        await using var database = await MigratedAsync();
        var runs = 0;
        await Assert.ThrowsAsync<InvalidOperationException>(() => database.WriteAsync<int>((tx, _) =>
        {
            database.AfterCommit(tx, () => runs += 10);
            throw new InvalidOperationException();
        }, ct));
        await database.WriteAsync(async (tx, _) =>
        {
            await Insert(tx, "kept");
            database.AfterCommit(tx, () => runs++);
        }, ct);

        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task Write_ManyWritersInTwoDatabases_AllRowsArrive()
    {
        await using var first = await MigratedAsync();
        await using var second = await OpenAsync();
        await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Task.Run(() =>
            (i % 2 == 0 ? first : second).WriteAsync(async (tx, _) => await Insert(tx, $"row {i}"), ct), ct)));

        Assert.Equal(100, await CountAsync(first));
    }

    [Fact]
    public async Task Migrate_TenProcessesAtOnce_ScriptsRunOnce()
    {
        var databases = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => OpenAsync()));
        await Task.WhenAll(databases.Select(database => Task.Run(() => Migrator(database).RunAsync(ct), ct)));
        var scripts = await databases[0].ReadAsync(async (db, _) => (await db.QueryAsync<string>("select ScriptName from schema_migrations order by 1")).ToList(), ct);

        Assert.Equal(["test/0001_notes.sql", "test/0002_notes_index.sql"], scripts);
        foreach (var database in databases)
        {
            await database.DisposeAsync();
        }
    }

    public void Dispose() => folder.Dispose();

    /// <summary>Setting of a database that is new for each test; two calls in one test name the same.</summary>
    protected abstract Task<string> SettingAsync(string folder);

    private async Task<IDatabase> OpenAsync() => Database.Open(await SettingAsync(folder.Path), TimeProvider.System);

    private async Task<IDatabase> MigratedAsync()
    {
        var database = await OpenAsync();
        await Migrator(database).RunAsync(ct);
        return database;
    }

    private static Migrator Migrator(IDatabase database) => new(database, [new("test", typeof(DatabaseCompliance).Assembly)]);

    private static Task Insert(DbTransaction tx, string text) =>
        tx.Connection!.ExecuteAsync("insert into notes (text) values (@text)", new { text }, tx);

    private Task<long> CountAsync(IDatabase database) =>
        database.ReadAsync((db, _) => db.ExecuteScalarAsync<long>("select count(*) from notes"), ct);
}

public sealed class SqliteDatabaseComplianceTests : DatabaseCompliance
{
    protected override Task<string> SettingAsync(string folder) => Task.FromResult($"Data Source={folder}/notes.db");
}

public sealed class PostgresDatabaseComplianceTests : DatabaseCompliance
{
    private readonly Lazy<Task<string>> setting = new(TestServers.TestServer.NewPostgresDatabaseAsync);

    protected override Task<string> SettingAsync(string folder) => setting.Value;
}

using System.Data.Common;
using Alignment.Storage.Databases;
using Alignment.Storage.Migrations;
using Dapper;

namespace Alignment.Storage.Tests.Databases;

public sealed class SqliteDatabaseTests : IDisposable
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
        await using var second = Open();
        await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Task.Run(() =>
            (i % 2 == 0 ? first : second).WriteAsync(async (tx, _) => await Insert(tx, $"row {i}"), ct), ct)));

        Assert.Equal(100, await CountAsync(first));
    }

    [Fact]
    public async Task Write_InsideWrite_SaysWhatToDo()
    {
        await using var database = await MigratedAsync();
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => database.WriteAsync(
            (_, inner) => database.WriteAsync((_, _) => Task.CompletedTask, inner), ct));
        Assert.Contains("pass the open transaction", fault.Message);
    }

    [Fact]
    public async Task Migrate_TenProcessesAtOnce_ScriptsRunOnce()
    {
        var databases = Enumerable.Range(0, 10).Select(_ => Open()).ToList();
        await Task.WhenAll(databases.Select(database => Task.Run(() => Migrator(database).RunAsync(ct), ct)));
        var scripts = await databases[0].ReadAsync(async (db, _) => (await db.QueryAsync<string>("select ScriptName from schema_migrations order by 1")).ToList(), ct);

        Assert.Equal(["test/0001_notes.sql", "test/0002_notes_index.sql"], scripts);
        foreach (var database in databases)
        {
            await database.DisposeAsync();
        }
    }

    [Fact]
    public void Open_FolderIsAFile_NamesFolderAndRemedy()
    {
        File.WriteAllText(folder.At("occupied"), "");
        var fault = Assert.Throws<StorageException>(() => Database.Open($"Data Source={folder.At("occupied")}/x.db", TimeProvider.System));
        Assert.Contains(folder.At("occupied"), fault.Message);
        Assert.Contains("write access", fault.Message);
    }

    [Fact]
    public async Task Read_FileIsNoDatabase_NamesFileAndRemedy()
    {
        await File.WriteAllTextAsync(folder.At("notes.db"), new string('x', 4096), ct);
        await using var database = Open();
        var fault = await Assert.ThrowsAsync<StorageException>(() => CountAsync(database));
        Assert.Contains("notes.db", fault.Message);
        Assert.Contains("not a sound SQLite database", fault.Message);
    }

    [Fact]
    public void Open_UnknownSetting_NamesBothForms()
    {
        var fault = Assert.Throws<StorageException>(() => Database.Open("Provider=oracle", TimeProvider.System));
        Assert.Contains("Data Source=", fault.Message);
        Assert.Contains("Host=", fault.Message);
    }

    public void Dispose() => folder.Dispose();

    private IDatabase Open() => Database.Open($"Data Source={folder.At("notes.db")}", TimeProvider.System);

    private async Task<IDatabase> MigratedAsync()
    {
        var database = Open();
        await Migrator(database).RunAsync(ct);
        return database;
    }

    private static Migrator Migrator(IDatabase database) => new(database, [new("test", typeof(SqliteDatabaseTests).Assembly)]);

    private static Task Insert(DbTransaction tx, string text) =>
        tx.Connection!.ExecuteAsync("insert into notes (text) values (@text)", new { text }, tx);

    private Task<long> CountAsync(IDatabase database) =>
        database.ReadAsync((db, _) => db.ExecuteScalarAsync<long>("select count(*) from notes"), ct);
}

using Alignment.Storage.Artifacts;
using Alignment.Storage.Databases;
using Dapper;

namespace Alignment.Storage.Tests;

/// <summary>A disk that is really full: the fault names place and remedy, nothing half-written shows, and with space again the next try works.</summary>
public sealed class FullDiskTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sqlite_DiskFull_WriteIsRefusedAndWorksAfterSpaceIsFreed()
    {
        using var disk = SmallDisk.Mount(4);
        await using var database = Database.Open($"Data Source={disk.Path}/a.db", TimeProvider.System);
        await InsertAsync(database, "create table big (x text)", null);
        disk.Fill();
        var text = new string('x', 400_000);
        var fault = await Assert.ThrowsAsync<StorageException>(() => InsertAsync(database, "insert into big values (@text)", text));
        Assert.Contains(disk.Path, fault.Message);

        disk.Free();
        Assert.Equal(0, await database.ReadAsync((db, _) => db.ExecuteScalarAsync<long>("select count(*) from big"), Ct));
        await InsertAsync(database, "insert into big values (@text)", text);
        Assert.Equal("ok", await database.ReadAsync((db, _) => db.ExecuteScalarAsync<string>("pragma integrity_check"), Ct));
    }

    [Fact]
    public async Task Artifacts_DiskFull_NothingBecomesVisibleAndCommitWorksAfterSpaceIsFreed()
    {
        using var disk = SmallDisk.Mount(4);
        var store = new FolderArtifactStore(Path.Combine(disk.Path, "artifacts"), TimeProvider.System);
        var staged = store.Stage("model");
        await File.WriteAllTextAsync(Path.Combine(staged, "weights"), "w", Ct);
        disk.Fill();
        var fault = await Assert.ThrowsAsync<StorageException>(() => store.CommitAsync(staged, Ct));
        Assert.Contains(disk.Path, fault.Message);
        Assert.Contains("Free space", fault.Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(disk.Path, "artifacts", "sha256")));

        disk.Free();
        var digest = await store.CommitAsync(staged, Ct);
        Assert.Empty(await store.VerifyAsync(digest, Ct));
    }

    private static Task InsertAsync(IDatabase database, string sql, string? text) =>
        database.WriteAsync((tx, _) => tx.Connection!.ExecuteAsync(sql, new { text }, tx), Ct);
}

using Alignment.Storage.Databases;
using Dapper;

namespace Alignment.Storage.Tests.Databases;

public sealed class SqliteDatabaseTests : IDisposable
{
    private readonly TestFolder folder = new();
    private readonly CancellationToken ct = TestContext.Current.CancellationToken;

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
        var fault = await Assert.ThrowsAsync<StorageException>(() => database.ReadAsync((db, _) => db.ExecuteScalarAsync<long>("select count(*) from notes"), ct));
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

    [Fact]
    public async Task Write_InsideWrite_SaysWhatToDo()
    {
        await using var database = Open();
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => database.WriteAsync(
            (_, inner) => database.WriteAsync((_, _) => Task.CompletedTask, inner), ct));
        Assert.Contains("pass the open transaction", fault.Message);
    }

    public void Dispose() => folder.Dispose();

    private IDatabase Open() => Database.Open($"Data Source={folder.At("notes.db")}", TimeProvider.System);
}

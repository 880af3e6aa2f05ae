using Alignment.Storage;
using Alignment.Storage.Migrations;

namespace Alignment.TestServers;

/// <summary>A migrated, empty database of one of the two kinds, with a folder that goes away with it.</summary>
public sealed class TestStore : IAsyncDisposable
{
    private TestStore(IDatabase database, string connectionString, string folder) =>
        (Database, ConnectionString, Folder) = (database, connectionString, folder);

    public IDatabase Database { get; }

    public string ConnectionString { get; }

    public string Folder { get; }

    /// <param name="kind"><c>sqlite</c> or <c>postgresql</c>.</param>
    public static async Task<TestStore> OpenAsync(string kind, TimeProvider time, params MigrationSet[] sets)
    {
        var folder = Directory.CreateTempSubdirectory("alignment-store-").FullName;
        var setting = kind == "sqlite" ? $"Data Source={Path.Combine(folder, "store.db")}" : await TestServer.NewPostgresDatabaseAsync().ConfigureAwait(false);
        var store = new TestStore(Storage.Databases.Database.Open(setting, time), setting, folder);
        await new Migrator(store.Database, sets).RunAsync(CancellationToken.None).ConfigureAwait(false);
        return store;
    }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync().ConfigureAwait(false);
        Directory.Delete(Folder, recursive: true);
    }
}

using System.Data.Common;
using Alignment.Cycles;
using Alignment.Faults.Tests.Children;
using Alignment.Jobs;
using Alignment.Messaging;
using Alignment.PreferenceStore;
using Alignment.Storage;
using Alignment.Storage.Migrations;
using Dapper;

namespace Alignment.Faults.Tests.Kill;

/// <summary>The store that children share, seen from outside.</summary>
internal sealed class Scene : IAsyncDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("alignment-faults-").FullName;
    private readonly List<ChildProcess> children = [];
    private Dictionary<string, string> environment = [];

    public IDatabase Database { get; private set; } = null!;

    public IReadOnlyList<ChildProcess> Children => children;

    /// <param name="database">Null is SQLite in a folder of the scene.</param>
    public static async Task<Scene> OpenAsync(string? database, string bus, TimeSpan lease)
    {
        var scene = new Scene();
        database ??= $"Data Source={scene.folder}/store.db";
        scene.environment = new()
        {
            ["Alignment__Data"] = scene.folder, ["Alignment__Database"] = database, ["Alignment__Bus"] = bus,
            ["Jobs__Lease"] = lease.ToString(), ["Jobs__Heartbeat"] = (lease / 6).ToString(), ["Jobs__Poll"] = "00:00:00.2", ["Jobs__WorkFolder"] = Path.Combine(scene.folder, "jobs"),
            ["DOTNET_gcServer"] = "0", ["DOTNET_TieredPGO"] = "0",
        };
        scene.Database = Alignment.Storage.Databases.Database.Open(database, TimeProvider.System);
        await new Migrator(scene.Database,
        [
            new("jobs", typeof(JobServices).Assembly), new("messaging", typeof(MessagingServices).Assembly), new("cycles", typeof(CyclesService).Assembly),
            new("preferences", typeof(PreferenceStoreServices).Assembly),
        ]).RunAsync(default);
        await scene.ExecuteAsync("create table effects (job text not null, attempt bigint not null)");
        await scene.ExecuteAsync("create table ledger (job text not null)");
        return scene;
    }

    public ChildProcess StartChild()
    {
        var child = new ChildProcess(environment);
        children.Add(child);
        return child;
    }

    public void Replace(ChildProcess dead)
    {
        children.Remove(dead);
        dead.Dispose();
        StartChild();
    }

    /// <summary>Stops the child, but not inside a write: it would hold SQLite's only write lock and nobody could take over until it wakes.</summary>
    public async Task FreezeAsync(ChildProcess child)
    {
        while (true)
        {
            child.Signal("STOP");
            var probe = Task.Run(() => ExecuteAsync("update jobs set priority = priority"));
            if (await Task.WhenAny(probe, Task.Delay(TimeSpan.FromSeconds(2))) == probe)
            {
                await probe;
                return;
            }

            child.Signal("CONT");
            await probe;
        }
    }

    /// <summary>A cycle as the API would have created it, one a model line.</summary>
    public Task AddCycleAsync(int number)
    {
        var digest = "sha256:" + new string('a', 64);
        var config = $$$"""{"alias":"m{{{number}}}","parent":"{{{digest}}}","sft":{"data":"{{{digest}}}"},"snapshot":{"project":"p"},"reward":{"minimumAccuracy":0.5},"policy":{"method":"dpo"},"evaluation":{"suite":"{{{digest}}}"}}""";
        return ExecuteAsync($"insert into cycles (id, model_line, idem_key, stage, version, cause, config, created_at, updated_at) values ('{Ids.New(TimeProvider.System)}', 'line {number}', 'k{number}', 'Scheduled', 0, 'test', '{config}', 0, 0)");
    }

    public Task ExecuteAsync(string sql) => Database.WriteAsync((tx, _) => tx.Connection!.ExecuteAsync(sql, transaction: tx), default);

    public Task<T?> ScalarAsync<T>(string sql) => Database.ReadAsync((DbConnection db, CancellationToken _) => db.ExecuteScalarAsync<T>(sql), default);

    /// <summary>Waits for the count a query returns.</summary>
    public async Task UntilAsync(string sql, Func<long, bool> reached, TimeSpan patience)
    {
        using var limit = new CancellationTokenSource(patience);
        long seen;
        while (!reached(seen = await ScalarAsync<long>(sql)))
        {
            await Task.Delay(100, CancellationToken.None);
            if (limit.IsCancellationRequested)
            {
                throw new TimeoutException($"{sql} stayed at {seen}. Last words of the children:\n{string.Join("\n---\n", children.Select(child => child.Output[^Math.Min(1500, child.Output.Length)..]))}");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var child in children)
        {
            child.Signal("CONT");
            child.Dispose();
        }

        await Database.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}

using Alignment.Jobs.Leases;
using Alignment.Jobs.Queue;
using Alignment.Jobs.Running;
using Alignment.Storage;
using Alignment.Storage.Migrations;
using Alignment.Storage.Outbox;
using Alignment.Storage.Signals;
using Alignment.TestServers;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;

namespace Alignment.Jobs.Tests;

/// <summary>The job classes over a real database, and what a test asks of them.</summary>
internal sealed class JobsFixture(TestStore store, JobWorkerOptions options) : IAsyncDisposable
{
    private static readonly TimeProvider Time = TimeProvider.System;
    private readonly WakeSignal wake = new(Time);

    public RecordingOutbox Outbox { get; } = new();
    public IDatabase Database => store.Database;
    public JobWorkerOptions Options => options;
    public JobQueue Queue => new(Database, Outbox, wake, Time);
    public JobReader Reader => new(Database);
    public JobClaims Claims => new(Database, Outbox, wake, options);
    public LeaseStore Leases => new(Database, Outbox, wake, options);

    public static async Task<JobsFixture> OpenAsync(string kind)
    {
        var store = await TestStore.OpenAsync(kind, Time, new MigrationSet("jobs", typeof(JobServices).Assembly));
        return new(store, new() { WorkFolder = Path.Combine(store.Folder, "work"), Heartbeat = TimeSpan.FromMilliseconds(200), Lease = TimeSpan.FromSeconds(30), Poll = TimeSpan.FromMilliseconds(50) });
    }

    public JobFolders Folders => new(Reader, options, Time, NullLogger<JobFolders>.Instance);

    public JobWorker Worker(params IJobRunner[] runners) => new(
        Claims, new(Leases, Reader, Folders, options, Time, NullLogger<JobExecution>.Instance), Folders, runners, wake, new(Database, []), options, NullLogger<JobWorker>.Instance);

    public Task<string> EnqueueAsync(string key, string kind = "test", long priority = 0) => Database.WriteAsync(
        (tx, ct) => Queue.EnqueueAsync(tx, new(kind, """{"a":1}""", key) { Priority = priority }, ct), CancellationToken.None);

    public Task<bool> CancelAsync(string id) => Database.WriteAsync((tx, ct) => Queue.CancelAsync(tx, id, ct), CancellationToken.None);

    public Task<ClaimedJob?> ClaimAsync(string owner) => Claims.TryClaimAsync(["test"], owner, CancellationToken.None);

    /// <summary>The worker fell silent and its lease ran out.</summary>
    public Task ExpireAsync(string id) => Database.WriteAsync((tx, _) =>
        tx.Connection!.ExecuteAsync("update jobs set lease_until = 0 where id = @id", new { id }, tx), CancellationToken.None);

    public async Task<JobView> GetAsync(string id) => (await Reader.GetAsync(id, CancellationToken.None))!;

    /// <summary>Waits for a state the worker is about to write.</summary>
    public async Task<JobView> UntilAsync(string id, Func<JobView, bool> reached)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        for (var job = await GetAsync(id); ; job = await GetAsync(id))
        {
            if (reached(job))
            {
                return job;
            }

            await Task.Delay(20, limit.Token);
        }
    }

    public static Lease LeaseOf(ClaimedJob job, string owner) => new(job.Id, job.Kind, job.CycleId, job.Attempt, owner);

    public ValueTask DisposeAsync() => store.DisposeAsync();
}

/// <summary>Remembers keys and messages instead of writing rows.</summary>
internal sealed class RecordingOutbox : IEventOutbox
{
    public List<(string? Key, object Message)> Messages { get; } = [];

    public Task AddAsync(System.Data.Common.DbTransaction transaction, object message, string? key, TimeSpan? delay, CancellationToken ct)
    {
        lock (Messages)
        {
            Messages.Add((key, message));
        }

        return Task.CompletedTask;
    }
}

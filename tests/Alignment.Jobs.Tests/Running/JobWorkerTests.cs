using Alignment.Contracts.Jobs;
using Alignment.Contracts.Messages;
using Dapper;

namespace Alignment.Jobs.Tests.Running;

public sealed class JobWorkerTests : IAsyncLifetime
{
    private JobsFixture jobs = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_Succeeds_ResultEffectEventsAndEndAreWrittenTogether()
    {
        var id = await jobs.EnqueueAsync("k");
        using var worker = await StartAsync(new Runner((job, _) =>
        {
            Assert.True(Directory.Exists(job.WorkFolder));
            job.Report(7, 7, "done");
            return Task.FromResult(new JobOutcome("""{"checkpoint":"sha256:x"}""")
            {
                Effects = (tx, _) => tx.Connection!.ExecuteAsync("update jobs set priority = 42 where id = @id", new { id }, tx),
                Events = [new DatasetFrozen("d", "s", 3)],
            });
        }));
        var done = await jobs.UntilAsync(id, job => job.State == JobStates.Succeeded);
        await worker.StopAsync(Ct);

        Assert.Equal((7L, """{"checkpoint":"sha256:x"}"""), (done.ProgressStep, done.Result));
        Assert.Equal(42, await jobs.Database.ReadAsync((db, _) => db.ExecuteScalarAsync<long>("select priority from jobs"), Ct));
        Assert.Contains(jobs.Outbox.Messages, message => message.Message is DatasetFrozen);
        Assert.False(Directory.Exists(Path.Combine(jobs.Options.WorkFolder, id)));
    }

    [Fact]
    public async Task Run_Awaits_ReturnToTheSameThread()
    {
        var id = await jobs.EnqueueAsync("k");
        using var worker = await StartAsync(new Runner(async (job, ct) =>
        {
            var thread = Environment.CurrentManagedThreadId;
            for (var i = 0; i < 20; i++)
            {
                await Task.Yield();
                await job.SaveResumeAsync($"s{i}", ct);
                Assert.Equal(thread, Environment.CurrentManagedThreadId);
            }

            return new JobOutcome("{}");
        }));
        Assert.Equal("s19", (await jobs.UntilAsync(id, job => JobStates.IsFinal(job.State))).ResumeRef);
        Assert.Equal(JobStates.Succeeded, (await jobs.GetAsync(id)).State);
        await worker.StopAsync(Ct);
    }

    [Fact]
    public async Task Run_CancelRequested_RunnerStopsAndJobIsCanceled()
    {
        var id = await jobs.EnqueueAsync("k");
        using var worker = await StartAsync(Runner.Endless);
        await jobs.UntilAsync(id, job => job.State == JobStates.Running);
        await jobs.CancelAsync(id);
        await jobs.UntilAsync(id, job => job.State == JobStates.Canceled);
        await worker.StopAsync(Ct);
    }

    [Fact]
    public async Task Run_HostStops_JobIsReleased()
    {
        var id = await jobs.EnqueueAsync("k");
        using var worker = await StartAsync(Runner.Endless);
        await jobs.UntilAsync(id, job => job.State == JobStates.Running);
        await worker.StopAsync(Ct);
        var job = await jobs.GetAsync(id);
        Assert.Equal((JobStates.Queued, null), (job.State, job.Owner));
        Assert.Equal("released", (await jobs.Reader.AttemptsAsync(id, Ct)).Single().Outcome);
    }

    [Fact]
    public async Task Run_LeaseTaken_RunnerIsStoppedAndWritesNothing()
    {
        var id = await jobs.EnqueueAsync("k");
        var stopped = new TaskCompletionSource();
        using var worker = await StartAsync(new Runner(async (_, ct) =>
        {
            await Task.Delay(Timeout.Infinite, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            stopped.SetResult();
            return new JobOutcome("""{"by":"zombie"}""");
        }));
        await jobs.UntilAsync(id, job => job.State == JobStates.Running);
        await jobs.Database.WriteAsync((tx, _) => tx.Connection!.ExecuteAsync("update jobs set attempt = attempt + 1, owner = 'successor', lease_until = lease_until + 100000", transaction: tx), Ct);
        await stopped.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        await worker.StopAsync(Ct);
        var job = await jobs.GetAsync(id);
        Assert.Equal((JobStates.Running, "successor", null), (job.State, job.Owner, job.Result));
    }

    [Fact]
    public async Task Run_BadSpec_FailsAtOnceWithCodeAndText()
    {
        var id = await jobs.EnqueueAsync("k");
        using var worker = await StartAsync(new Runner((_, _) => throw new JobFailedException("bad_spec", "beta must be positive")));
        var job = await jobs.UntilAsync(id, job => job.State == JobStates.Failed);
        await worker.StopAsync(Ct);
        Assert.Equal(("bad_spec", "beta must be positive"), (job.ErrorCode, job.ErrorText));
    }

    [Fact]
    public async Task Run_FullDisk_IsTriedAgainLater()
    {
        var id = await jobs.EnqueueAsync("k");
        using var worker = await StartAsync(new Runner((_, _) => throw new IOException("No space left on device")));
        var job = await jobs.UntilAsync(id, job => job.Failures == 1);
        await worker.StopAsync(Ct);
        Assert.Equal((JobStates.Queued, "unavailable"), (job.State, job.ErrorCode));
        Assert.True(job.DueAt > job.CreatedAt + 20_000);
    }

    [Fact]
    public async Task Sweep_FoldersOfEndedAndOpenJobs_OnlySuccessGoesAtOnce()
    {
        var done = await jobs.EnqueueAsync("done");
        var canceled = await jobs.EnqueueAsync("canceled");
        var open = await jobs.EnqueueAsync("open");
        await jobs.Leases.CompleteAsync(JobsFixture.LeaseOf((await jobs.ClaimAsync("w"))!, "w"), new("{}"), new(0, 0, null), Ct);
        await jobs.CancelAsync(canceled);
        foreach (var id in new[] { done, canceled, open, "of-another-suite" })
        {
            jobs.Folders.Create(id, 1);
        }

        await jobs.Folders.SweepAsync(Ct);
        Assert.Equal(new[] { canceled, open, "of-another-suite" }.Order(), Directory.GetDirectories(jobs.Options.WorkFolder).Select(folder => Path.GetFileName(folder)).Order());
    }

    public async ValueTask InitializeAsync() => jobs = await JobsFixture.OpenAsync("sqlite");

    public ValueTask DisposeAsync() => jobs.DisposeAsync();

    private async Task<Jobs.Running.JobWorker> StartAsync(IJobRunner runner)
    {
        var worker = jobs.Worker(runner);
        await worker.StartAsync(Ct);
        return worker;
    }

    private sealed class Runner(Func<JobContext, CancellationToken, Task<JobOutcome>> run) : IJobRunner
    {
        public static Runner Endless => new(async (_, ct) =>
        {
            await Task.Delay(Timeout.Infinite, ct);
            return new JobOutcome("{}");
        });

        public string Kind => "test";

        public Task<JobOutcome> RunAsync(JobContext job, CancellationToken ct) => run(job, ct);
    }
}

using Alignment.Contracts.Jobs;
using Alignment.Contracts.Messages;
using Dapper;

namespace Alignment.Jobs.Tests.Leases;

/// <summary>Claim, fence, crash, cancel, retry and release, the same on every database.</summary>
public abstract class LeaseCompliance(string kind) : IAsyncLifetime
{
    private JobsFixture jobs = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Enqueue_SameKeyTwice_IsOneJob()
    {
        var first = await jobs.EnqueueAsync("k");
        var second = await jobs.EnqueueAsync("k");
        Assert.Equal(first, second);
        Assert.Single(await jobs.Reader.ListAsync(null, null, null, null, 100, CancellationToken.None));
        Assert.Single(jobs.Outbox.Messages);
    }

    [Fact]
    public async Task Claim_ManyWorkersAtOnce_EachJobIsTakenOnce()
    {
        for (var i = 0; i < 30; i++)
        {
            await jobs.EnqueueAsync($"k{i}");
        }

        var taken = await Task.WhenAll(Enumerable.Range(0, 6).Select(worker => Task.Run(async () =>
        {
            var ids = new List<string>();
            while (await jobs.ClaimAsync($"w{worker}") is { } job)
            {
                ids.Add(job.Id);
            }

            return ids;
        })));
        var all = taken.SelectMany(ids => ids).ToList();
        Assert.Equal(30, all.Count);
        Assert.Equal(30, all.Distinct().Count());
    }

    [Fact]
    public async Task Claim_HigherPriority_ComesFirst()
    {
        await jobs.EnqueueAsync("ordinary");
        var urgent = await jobs.EnqueueAsync("urgent", priority: 5);
        Assert.Equal(urgent, (await jobs.ClaimAsync("w"))!.Id);
    }

    [Fact]
    public async Task Claim_OtherKind_IsLeftAlone()
    {
        await jobs.EnqueueAsync("k", kind: "other");
        Assert.Null(await jobs.ClaimAsync("w"));
    }

    [Fact]
    public async Task Complete_SuccessorOwnsTheJob_NothingOfTheZombieIsWritten()
    {
        var id = await jobs.EnqueueAsync("k");
        var zombie = (await jobs.ClaimAsync("w1"))!;
        await jobs.ExpireAsync(id);
        var successor = (await jobs.ClaimAsync("w2"))!;
        var effects = 0;
        var late = new JobOutcome("""{"by":"zombie"}""") { Effects = (_, _) => { effects++; return Task.CompletedTask; } };

        await Assert.ThrowsAsync<JobFencedException>(() => jobs.Leases.CompleteAsync(JobsFixture.LeaseOf(zombie, "w1"), late, new(9, 9, null), Ct));
        Assert.False((await jobs.Leases.BeatAsync(JobsFixture.LeaseOf(zombie, "w1"), new(9, 9, null), Ct)).Held);
        await jobs.Leases.CompleteAsync(JobsFixture.LeaseOf(successor, "w2"), new("""{"by":"successor"}"""), new(9, 9, null), Ct);

        Assert.Equal(0, effects);
        Assert.Equal(("succeeded", """{"by":"successor"}"""), ((await jobs.GetAsync(id)).State, (await jobs.GetAsync(id)).Result));
        Assert.Equal(["crashed", "succeeded"], (await jobs.Reader.AttemptsAsync(id, Ct)).Select(attempt => attempt.Outcome));
        Assert.Single(jobs.Outbox.Messages, message => message.Message is JobCompleted);
    }

    [Fact]
    public async Task Complete_EffectFails_JobStaysRunning()
    {
        var id = await jobs.EnqueueAsync("k");
        var job = (await jobs.ClaimAsync("w"))!;
        var outcome = new JobOutcome("{}")
        {
            Effects = async (tx, _) =>
            {
                await tx.Connection!.ExecuteAsync("update jobs set kind = 'half' where id = @id", new { id }, tx);
                throw new InvalidOperationException();
            },
        };
        await Assert.ThrowsAsync<InvalidOperationException>(() => jobs.Leases.CompleteAsync(JobsFixture.LeaseOf(job, "w"), outcome, new(0, 0, null), Ct));
        Assert.Equal(("running", "test"), ((await jobs.GetAsync(id)).State, (await jobs.GetAsync(id)).Kind));
    }

    [Fact]
    public async Task Claim_ThirdCrashWithoutProgress_FailsTheJob()
    {
        var id = await jobs.EnqueueAsync("k");
        for (var crash = 0; crash < 3; crash++)
        {
            Assert.NotNull(await jobs.ClaimAsync("w"));
            await jobs.ExpireAsync(id);
        }

        Assert.Null(await jobs.ClaimAsync("w"));
        var job = await jobs.GetAsync(id);
        Assert.Equal((JobStates.Failed, "crashed_repeatedly"), (job.State, job.ErrorCode));
        Assert.Single(jobs.Outbox.Messages, message => message.Message is JobFailed);
    }

    [Fact]
    public async Task Claim_TenCrashesEachWithProgress_KeepsGoingWhereItSaved()
    {
        var id = await jobs.EnqueueAsync("k");
        for (var step = 1; step <= 10; step++)
        {
            var job = (await jobs.ClaimAsync("w"))!;
            Assert.Equal(step == 1 ? null : $"step-{step - 1}", job.ResumeRef);
            await jobs.Leases.SaveResumeAsync(JobsFixture.LeaseOf(job, "w"), $"step-{step}", new(step, 10, null), Ct);
            await jobs.ExpireAsync(id);
        }

        Assert.Equal(11, (await jobs.ClaimAsync("w"))!.Attempt);
    }

    [Fact]
    public async Task Claim_OwnerProcessOfThisHostIsGone_DoesNotWaitForTheLease()
    {
        using var child = System.Diagnostics.Process.Start("sleep", ["60"]);
        var owner = Jobs.Leases.Owner.Of(child.Id);
        await jobs.EnqueueAsync("k");
        Assert.NotNull(await jobs.ClaimAsync(owner));
        Assert.Null(await jobs.ClaimAsync("w"));
        child.Kill();
        await child.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(2, (await jobs.ClaimAsync("w"))!.Attempt);
    }

    [Fact]
    public async Task Cancel_QueuedJob_EndsAtOnce()
    {
        var id = await jobs.EnqueueAsync("k");
        Assert.True(await jobs.CancelAsync(id));
        Assert.False(await jobs.CancelAsync(id));
        Assert.Equal(JobStates.Canceled, (await jobs.GetAsync(id)).State);
        Assert.Null(await jobs.ClaimAsync("w"));
    }

    [Fact]
    public async Task Cancel_RunningJob_HeartbeatHearsIt()
    {
        var id = await jobs.EnqueueAsync("k");
        var job = (await jobs.ClaimAsync("w"))!;
        Assert.True(await jobs.CancelAsync(id));
        Assert.Equal((true, true), await jobs.Leases.LookAsync(JobsFixture.LeaseOf(job, "w"), Ct));
        Assert.Equal((true, true), await jobs.Leases.BeatAsync(JobsFixture.LeaseOf(job, "w"), new(1, 2, "m"), Ct));
    }

    [Fact]
    public async Task Cancel_WorkerCrashesBeforeItHears_NextClaimCancels()
    {
        var id = await jobs.EnqueueAsync("k");
        await jobs.ClaimAsync("w");
        await jobs.CancelAsync(id);
        await jobs.ExpireAsync(id);
        Assert.Null(await jobs.ClaimAsync("w"));
        Assert.Equal(JobStates.Canceled, (await jobs.GetAsync(id)).State);
    }

    [Fact]
    public async Task Retry_TransientFailure_WaitsAndCounts()
    {
        var id = await jobs.EnqueueAsync("k");
        var job = (await jobs.ClaimAsync("w"))!;
        await jobs.Leases.RetryAsync(JobsFixture.LeaseOf(job, "w"), new("unavailable", "no broker", true), TimeSpan.FromMinutes(1), Ct);
        Assert.Null(await jobs.ClaimAsync("w"));
        var view = await jobs.GetAsync(id);
        Assert.Equal((JobStates.Queued, 1L, "no broker"), (view.State, view.Failures, view.ErrorText));
        Assert.InRange(view.DueAt, view.CreatedAt + 59_000, view.CreatedAt + 120_000);
    }

    [Fact]
    public async Task Release_HostShutsDown_IsClaimableAtOnceAndCostsNothing()
    {
        var id = await jobs.EnqueueAsync("k");
        var job = (await jobs.ClaimAsync("w"))!;
        await jobs.Leases.ReleaseAsync(JobsFixture.LeaseOf(job, "w"), Ct);
        Assert.Equal((2L, 0L), ((await jobs.ClaimAsync("w2"))!.Attempt, (await jobs.GetAsync(id)).Failures));
    }

    [Fact]
    public async Task List_Filters_AgreeWithRows()
    {
        var first = await jobs.EnqueueAsync("a");
        var second = await jobs.EnqueueAsync("b", kind: "other");
        await jobs.CancelAsync(first);
        Assert.Equal([second], (await jobs.Reader.ListAsync("other", "queued", null, null, 10, Ct)).Select(job => job.Id));
        Assert.Equal([first], (await jobs.Reader.ListAsync(null, null, null, second, 10, Ct)).Select(job => job.Id));
    }

    public async ValueTask InitializeAsync() => jobs = await JobsFixture.OpenAsync(kind);

    public ValueTask DisposeAsync() => jobs?.DisposeAsync() ?? ValueTask.CompletedTask;
}

public sealed class SqliteLeaseTests() : LeaseCompliance("sqlite");

public sealed class PostgresLeaseTests() : LeaseCompliance("postgresql");

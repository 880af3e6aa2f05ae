using Alignment.PreferenceStore.Judgements;
using Alignment.PreferenceStore.Leases;
using Alignment.PreferenceStore.Preferences;
using Alignment.TestServers;
using Dapper;

namespace Alignment.PreferenceStore.Tests;

/// <summary>What the preference store promises on every database.</summary>
public abstract class PreferenceStoreCompliance
{
    /// <summary>A new PostgreSQL database, or null for a SQLite file.</summary>
    protected virtual Task<string?> ConnectionAsync() => Task.FromResult<string?>(null);

    [Fact]
    public async Task Next_SameAnnotatorAgain_ReturnsSameLeaseAndOrder()
    {
        await using var store = await TestStore.CreateAsync(await ConnectionAsync());
        var project = await store.ProjectAsync(prompts: 3, k: 4);
        var first = (await store.Leases.NextAsync(project.Id, "ana")).Task!;
        var second = (await store.Leases.NextAsync(project.Id, "ana")).Task!;
        Assert.Equal(first.LeaseId, second.LeaseId);
        Assert.Equal(first.Choices, second.Choices);
        Assert.Equal(["A", "B", "C", "D"], first.Choices.Select(c => c.Label));
        Assert.Equal(["a0", "a1", "a2", "a3"], first.Choices.Select(c => c.Text).Order());
    }

    [Fact]
    public async Task Next_ManyAnnotators_ShowsEveryAnswerInEveryPlace()
    {
        await using var store = await TestStore.CreateAsync(await ConnectionAsync());
        var project = await store.ProjectAsync(k: 2, required: 25);
        var first = new List<string>();
        for (var i = 0; i < 25; i++)
        {
            first.Add((await store.Leases.NextAsync(project.Id, $"person-{i}")).Task!.Choices[0].Text);
        }

        // 25 fair flips: fewer than 5 of one kind has probability 0.0009.
        Assert.InRange(first.Count(t => t == "a0"), 5, 20);
    }

    [Fact]
    public async Task Next_AllSlotsLeased_SaysWaitingUntilLeaseEnds()
    {
        await using var store = await TestStore.CreateAsync(await ConnectionAsync());
        var project = await store.ProjectAsync();
        var held = (await store.Leases.NextAsync(project.Id, "ana")).Task!;
        Assert.Equal(EmptyQueue.WaitingForOthers, (await store.Leases.NextAsync(project.Id, "bia")).Empty);
        store.Clock.Advance(TimeSpan.FromMinutes(61));
        var taken = (await store.Leases.NextAsync(project.Id, "bia")).Task!;
        Assert.Equal(held.TaskId, taken.TaskId);
        Assert.Equal(SubmissionResult.LeaseExpired, (await store.JudgeAsync(held, "ana", "A,B")).Result);
    }

    [Fact]
    public async Task Next_AfterOwnLeaseEnded_ShowsSameOrderAgain()
    {
        await using var store = await TestStore.CreateAsync(await ConnectionAsync());
        var project = await store.ProjectAsync(k: 5);
        var before = (await store.Leases.NextAsync(project.Id, "ana")).Task!;
        store.Clock.Advance(TimeSpan.FromHours(2));
        var after = (await store.Leases.NextAsync(project.Id, "ana", taskId: before.TaskId)).Task!;
        Assert.NotEqual(before.LeaseId, after.LeaseId);
        Assert.Equal(before.Choices, after.Choices);
    }

    [Fact]
    public async Task Next_EmptyProject_SaysWhy()
    {
        await using var store = await TestStore.CreateAsync(await ConnectionAsync());
        var project = await store.ProjectAsync(prompts: 0);
        Assert.Equal(EmptyQueue.NoTasks, (await store.Leases.NextAsync(project.Id, "ana")).Empty);
        await Assert.ThrowsAsync<KeyNotFoundException>(() => store.Leases.NextAsync("nowhere", "ana"));
    }

    [Fact]
    public async Task Next_Concurrent_NeverOverfillsASlot()
    {
        await using var store = await TestStore.CreateAsync(await ConnectionAsync());
        var project = await store.ProjectAsync(prompts: 2, required: 2);
        var results = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => store.Leases.NextAsync(project.Id, $"person-{i}")));
        Assert.Equal(4, results.Count(r => r.Task is not null));
        Assert.All(results.Where(r => r.Task is not null).GroupBy(r => r.Task!.TaskId), g => Assert.Equal(2, g.Count()));
    }

    [Fact]
    public async Task Submit_SameKeyTwice_AnswersWithTheOriginal()
    {
        await using var store = await TestStore.CreateAsync(await ConnectionAsync());
        var project = await store.ProjectAsync(k: 3);
        var task = (await store.Leases.NextAsync(project.Id, "ana")).Task!;
        var first = await store.JudgeAsync(task, "ana", "B,AC", "key-1");
        var again = await store.JudgeAsync(task, "ana", "B,CA", "key-1");
        Assert.Equal(SubmissionResult.Stored, first.Result);
        Assert.Equal(SubmissionResult.Replayed, again.Result);
        Assert.Equal(first.Judgement!.Id, again.Judgement!.Id);
        Assert.Equal([["B"], ["A", "C"]], again.Judgement.Ranking);
        Assert.Equal(SubmissionResult.KeyReused, (await store.JudgeAsync(task, "ana", "A,B,C", "key-1")).Result);
        Assert.Equal(SubmissionResult.AlreadyJudged, (await store.JudgeAsync(task, "ana", "A,B,C", "key-2")).Result);
        Assert.Equal(1, (await store.Feedback.ProgressAsync(project.Id)).Received);
    }

    [Theory]
    [InlineData("A")]
    [InlineData("A,B,A")]
    [InlineData("A,Z")]
    [InlineData("A,B,C")]
    public async Task Submit_RankingNotComplete_NamesTheLabels(string ranking)
    {
        await using var store = await TestStore.CreateAsync(await ConnectionAsync());
        var project = await store.ProjectAsync();
        var task = (await store.Leases.NextAsync(project.Id, "ana")).Task!;
        var outcome = await store.JudgeAsync(task, "ana", ranking);
        Assert.Equal(SubmissionResult.IncompleteRanking, outcome.Result);
        Assert.Equal(["A", "B"], outcome.Labels);
    }

    [Fact]
    public async Task Submit_ForeignLease_IsRefused()
    {
        await using var store = await TestStore.CreateAsync(await ConnectionAsync());
        var project = await store.ProjectAsync(required: 2);
        var task = (await store.Leases.NextAsync(project.Id, "ana")).Task!;
        await store.Leases.NextAsync(project.Id, "bia");
        Assert.Equal(SubmissionResult.UnknownLease, (await store.JudgeAsync(task, "bia", "A,B")).Result);
    }

    [Fact]
    public async Task Submit_Correction_SupersedesWithoutChangingTheFirst()
    {
        await using var store = await TestStore.CreateAsync(await ConnectionAsync());
        var project = await store.ProjectAsync();
        var task = (await store.Leases.NextAsync(project.Id, "ana")).Task!;
        var first = (await store.JudgeAsync(task, "ana", "A,B")).Judgement!;
        var second = (await store.JudgeAsync(task, "ana", "B,A", supersedes: first.Id)).Judgement!;
        Assert.Equal(2, second.Revision);
        Assert.Equal(SubmissionResult.NotCurrent, (await store.JudgeAsync(task, "ana", "AB", supersedes: first.Id)).Result);
        var rows = await store.Database.ReadAsync((c, _) => c.ExecuteScalarAsync<long>("select count(*) from judgements where task_id = @TaskId", task), TestContext.Current.CancellationToken);
        Assert.Equal(2, rows);
        Assert.Equal([second.Id], (await store.History.OfAsync(project.Id, "ana", null, 10)).Select(j => j.Id));
        var pair = Assert.Single((await store.Preferences.PairsAsync(project.Id, new PreferenceRule())).Pairs);
        Assert.Equal(task.Choices[1].Text, pair.Chosen);
        Assert.Equal(1, (await store.Feedback.ProgressAsync(project.Id)).Received);
    }

    [Fact]
    public async Task Pairs_RankingWithTie_LeavesTheTieOut()
    {
        await using var store = await TestStore.CreateAsync(await ConnectionAsync());
        var project = await store.ProjectAsync(k: 3);
        var task = (await store.Leases.NextAsync(project.Id, "ana")).Task!;
        await store.JudgeAsync(task, "ana", "B,AC");
        var set = await store.Preferences.PairsAsync(project.Id, new PreferenceRule());
        Assert.Equal(1, set.Ties);
        Assert.Equal(2, set.Pairs.Count);
        Assert.All(set.Pairs, p => Assert.Equal(task.Choices[1].Text, p.Chosen));
        Assert.Single(set.JudgementIds);
    }

    [Fact]
    public async Task Readers_NothingJudged_AreEmpty()
    {
        await using var store = await TestStore.CreateAsync(await ConnectionAsync());
        var project = await store.ProjectAsync(prompts: 0);
        Assert.Empty((await store.Preferences.PairsAsync(project.Id, new PreferenceRule())).Pairs);
        Assert.Empty(await store.Feedback.VerdictsAsync(project.Id));
        Assert.Empty(await store.Feedback.SlotsAsync(project.Id));
        Assert.Empty(await store.Feedback.AnnotatorsAsync(project.Id));
        Assert.False((await store.Feedback.ProgressAsync(project.Id)).IsComplete);
        Assert.Empty(await store.History.OfAsync(project.Id, "ana", null, 5));
    }

    [Fact]
    public async Task Pairs_ThreeVotes_MajorityDecidesAndTiesCountHalf()
    {
        await using var store = await TestStore.CreateAsync(await ConnectionAsync());
        var project = await store.ProjectAsync(required: 3);
        foreach (var (handle, favourite) in new[] { ("ana", "a0"), ("bia", "a0"), ("caio", "a1") })
        {
            var task = (await store.Leases.NextAsync(project.Id, handle)).Task!;
            var best = task.Choices.Single(c => c.Text == favourite).Label;
            await store.JudgeAsync(task, handle, best == "A" ? "A,B" : "B,A");
        }

        var pair = Assert.Single((await store.Preferences.PairsAsync(project.Id, new PreferenceRule())).Pairs);
        Assert.Equal(("a0", "a1", 3), (pair.Chosen, pair.Rejected, pair.Votes));
        Assert.Equal(2.0 / 3, pair.WinShare, 12);
        Assert.Equal(1, (await store.Preferences.PairsAsync(project.Id, new PreferenceRule(MinimumVotes: 4))).TooFewVotes);
        var verdicts = await store.Feedback.VerdictsAsync(project.Id);
        Assert.Equal(3, verdicts.Count);
        Assert.Equal(1, Math.Abs(verdicts.Sum(v => v.Verdict)));
        Assert.Equal(1, (await store.Feedback.SlotsAsync(project.Id)).Sum(s => s.Share), 12);
    }

    [Fact]
    public async Task Skip_ThreePeople_ParksTheTask()
    {
        await using var store = await TestStore.CreateAsync(await ConnectionAsync());
        var project = await store.ProjectAsync();
        foreach (var handle in new[] { "ana", "bia", "caio" })
        {
            var task = (await store.Leases.NextAsync(project.Id, handle)).Task!;
            Assert.True(await store.Releases.SkipAsync(task.TaskId, task.LeaseId, handle, "unclear", ""));
        }

        Assert.Equal(EmptyQueue.Finished, (await store.Leases.NextAsync(project.Id, "duda")).Empty);
        var progress = await store.Feedback.ProgressAsync(project.Id);
        Assert.Equal((1, 0, 3), (progress.Parked, progress.Required, progress.Skips));
    }

    [Fact]
    public async Task Flag_Task_KeepsItOutOfThePairs()
    {
        await using var store = await TestStore.CreateAsync(await ConnectionAsync());
        var project = await store.ProjectAsync();
        var task = (await store.Leases.NextAsync(project.Id, "ana")).Task!;
        Assert.True(await store.Releases.FlagAsync(task.TaskId, task.LeaseId, "ana", "personal_data", "a phone number"));
        await store.JudgeAsync(task, "ana", "A,B");
        var set = await store.Preferences.PairsAsync(project.Id, new PreferenceRule());
        Assert.Equal((0, 1), (set.Pairs.Count, set.FlaggedTasks));
        Assert.Single((await store.Preferences.PairsAsync(project.Id, new PreferenceRule(IncludeFlagged: true))).Pairs);
    }

    [Fact]
    public async Task OpenTasks_Twice_ChangesNothing()
    {
        await using var store = await TestStore.CreateAsync(await ConnectionAsync());
        var project = await store.ProjectAsync(prompts: 0);
        var prompt = Assert.Single(await store.Prompts.AddAsync(project.Id, [new("\"How?\"")]));
        Assert.Equal(prompt.Id, Assert.Single(await store.Prompts.AddAsync(project.Id, [new("\" how?  \"")])).Id);
        var task = new Alignment.PreferenceStore.Tasks.NewTask(prompt.Id, [new("x"), new("y")]);
        Assert.Equal(1, (await store.Tasks.OpenAsync(project.Id, "c1", [task])).Opened);
        Assert.Equal(1, (await store.Tasks.OpenAsync(project.Id, "c1", [task])).Existing);
        Assert.Equal([prompt.Id], (await store.Tasks.OpenAsync(project.Id, "c2", [task with { Candidates = [new("x"), new("x")] }])).WithoutChoice);
        Assert.Empty(await store.Prompts.WithoutTaskAsync(project.Id, "c1", 10));
        Assert.Single(await store.Prompts.WithoutTaskAsync(project.Id, "c2", 10));
    }

    [Fact]
    public async Task Snapshots_RecordedTwice_AreOneRow()
    {
        await using var store = await TestStore.CreateAsync(await ConnectionAsync());
        var digest = "sha256:" + Sha256.Of(Guid.NewGuid().ToString());
        var snapshot = new Snapshots.Snapshot(digest, null, "sft", "demo", 3, 1, "{}", 0);
        await store.Snapshots.RecordAsync(snapshot, TestContext.Current.CancellationToken);
        await store.Snapshots.RecordAsync(snapshot with { Name = "other" }, TestContext.Current.CancellationToken);
        Assert.Equal("demo", (await store.Snapshots.FindAsync(digest, TestContext.Current.CancellationToken))!.Name);
        Assert.Contains(await store.Snapshots.ListAsync(null, 50, TestContext.Current.CancellationToken), s => s.Digest == digest);
    }
}

public sealed class SqlitePreferenceStoreTests : PreferenceStoreCompliance;

public sealed class PostgresPreferenceStoreTests : PreferenceStoreCompliance
{
    protected override async Task<string?> ConnectionAsync() => await TestServer.NewPostgresDatabaseAsync();
}

using System.Data.Common;
using Alignment.Contracts.Cycles;
using Alignment.Contracts.Jobs;
using Alignment.Contracts.Messages;
using Alignment.Jobs;
using Alignment.PreferenceStore.Preferences;
using Alignment.Storage;
using Alignment.Storage.Outbox;
using Dapper;

namespace Alignment.Cycles.Cycles;

/// <summary>
/// <c>Advance</c>: looks at stored facts, moves the cycle as far as they allow and enqueues the next job, in one transaction.
/// Any caller, any order, any number of times: the facts decide, not the call.
/// </summary>
internal sealed class CycleEngine(IDatabase database, IJobQueue queue, IJobReader jobs, IEventOutbox outbox, FeedbackReader feedback, TimeProvider time)
{
    /// <summary>Moves the cycle; true when its stage changed.</summary>
    public async Task<bool> AdvanceAsync(string cycleId, CancellationToken ct)
    {
        var complete = await FeedbackIsCompleteAsync(cycleId, ct);
        return await database.WriteAsync(async (tx, token) =>
        {
            var cycle = await LockAsync(tx, cycleId, token);
            if (cycle is null || CycleStages.IsFinal(cycle.Stage))
            {
                return false;
            }

            var moved = false;
            while (await StepAsync(tx, cycle, complete, token) is { } next)
            {
                (cycle, moved) = (next, true);
            }

            return moved;
        }, ct);
    }

    /// <summary>Ends an open cycle and asks its running job to stop; false when it had ended.</summary>
    public Task<bool> CancelAsync(string cycleId, CancellationToken ct) => database.WriteAsync(async (tx, token) =>
    {
        var cycle = await LockAsync(tx, cycleId, token);
        if (cycle is null || CycleStages.IsFinal(cycle.Stage))
        {
            return false;
        }

        if (await jobs.FindAsync(tx, Key(cycle, cycle.Stage), token) is { } job)
        {
            await queue.CancelAsync(tx, job.Id, token);
        }

        await MoveAsync(tx, cycle, CycleStages.Canceled, "asked to stop", token);
        return true;
    }, ct);

    /// <summary>One move, or null when the stage waits.</summary>
    private async Task<CycleRow?> StepAsync(DbTransaction tx, CycleRow cycle, bool feedbackIsComplete, CancellationToken ct)
    {
        if (CycleStages.IsFinal(cycle.Stage))
        {
            return null;
        }

        var facts = new CycleFacts(cycle, await JobsAsync(tx, cycle, ct), feedbackIsComplete);
        var stage = StageTable.Find(cycle.Stage);
        return stage.JobKind is null ? await JudgeAsync(tx, stage, facts, ct) : await FollowJobAsync(tx, stage, facts, ct);
    }

    private async Task<CycleRow?> JudgeAsync(DbTransaction tx, Stage stage, CycleFacts facts, CancellationToken ct) => stage.Verdict!(facts) switch
    {
        null => null,
        "" => await MoveAsync(tx, facts.Cycle, StageTable.After(stage.Name, facts.Config), stage.Name == CycleStages.Scheduled ? facts.Cycle.Cause : $"{stage.Name} passed", ct),
        var reason => await MoveAsync(tx, facts.Cycle, CycleStages.Rejected, reason, ct),
    };

    private async Task<CycleRow?> FollowJobAsync(DbTransaction tx, Stage stage, CycleFacts facts, CancellationToken ct)
    {
        switch (facts.Job(stage.Name))
        {
            case null:
                await queue.EnqueueAsync(tx, new(stage.JobKind!, stage.Spec!(facts).ToJsonString(), Key(facts.Cycle, stage.Name), facts.Cycle.Id), ct);
                return null;
            case { State: JobStates.Succeeded } job:
                return await MoveAsync(tx, facts.Cycle, StageTable.After(stage.Name, facts.Config), $"job {job.Id} succeeded", ct);
            case { State: JobStates.Failed } job:
                return await MoveAsync(tx, facts.Cycle, CycleStages.Failed, $"{stage.Name}: {job.ErrorText ?? job.ErrorCode}", ct);
            case { State: JobStates.Canceled } job:
                return await MoveAsync(tx, facts.Cycle, CycleStages.Canceled, $"job {job.Id} was canceled", ct);
            default:
                return null;
        }
    }

    private async Task<CycleRow> MoveAsync(DbTransaction tx, CycleRow cycle, string to, string cause, CancellationToken ct)
    {
        var next = cycle with { Stage = to, Version = cycle.Version + 1, Reason = CycleStages.IsFinal(to) && to != CycleStages.Completed ? cause : null, UpdatedAt = time.Now() };
        await tx.Connection!.ExecuteAsync(new CommandDefinition(
            "update cycles set stage = @Stage, version = @Version, reason = @Reason, updated_at = @UpdatedAt where id = @Id", next, tx, cancellationToken: ct));
        await tx.Connection!.ExecuteAsync(new CommandDefinition(
            "insert into cycle_events (cycle_id, version, from_stage, to_stage, cause, at) values (@id, @version, @from, @to, @cause, @at)",
            new { id = cycle.Id, version = next.Version, from = cycle.Stage, to, cause, at = next.UpdatedAt }, tx, cancellationToken: ct));
        await outbox.AddAsync(tx, new CycleChanged(cycle.Id, cycle.ModelLine, next.Version, cycle.Stage, to), $"cycle-changed:{cycle.Id}:{next.Version}", null, ct);
        return next;
    }

    private Task<CycleRow?> LockAsync(DbTransaction tx, string id, CancellationToken ct) => tx.Connection!.QuerySingleOrDefaultAsync<CycleRow?>(new CommandDefinition(
        $"select {CycleRow.Columns} from cycles where id = @id {database.Dialect.ForUpdate}", new { id }, tx, cancellationToken: ct));

    private async Task<IReadOnlyDictionary<string, JobView>> JobsAsync(DbTransaction tx, CycleRow cycle, CancellationToken ct)
    {
        var found = new Dictionary<string, JobView>();
        foreach (var stage in StageTable.Path.Where(s => s.JobKind is not null))
        {
            if (await jobs.FindAsync(tx, Key(cycle, stage.Name), ct) is { } job)
            {
                found[stage.Name] = job;
            }
        }

        return found;
    }

    private async Task<bool> FeedbackIsCompleteAsync(string cycleId, CancellationToken ct)
    {
        var cycle = await database.ReadAsync((connection, token) => connection.QuerySingleOrDefaultAsync<CycleRow?>(new CommandDefinition(
            $"select {CycleRow.Columns} from cycles where id = @cycleId", new { cycleId }, cancellationToken: token)), ct);
        return cycle?.Stage == CycleStages.CollectingFeedback && CycleConfig.Parse(cycle.Config).Feedback is { } part
            && (await feedback.ProgressAsync(part.Project, cycleId, ct)).IsComplete;
    }

    private static string Key(CycleRow cycle, string stage) => $"cycle:{cycle.Id}:{stage}";
}

using System.Data.Common;
using Alignment.PreferenceStore.Projects;
using Alignment.Storage;
using Dapper;

namespace Alignment.PreferenceStore.Tasks;

/// <summary>Opens tasks; adding the same prompt to the same batch again changes nothing, so that a retried job is harmless.</summary>
public sealed class TaskStore(IDatabase database, TimeProvider clock)
{
    /// <param name="batch">The cycle or import that brought the candidates; empty when none.</param>
    /// <exception cref="KeyNotFoundException">No such project, or a prompt of another project.</exception>
    public Task<OpenedTasks> OpenAsync(string projectId, string batch, IReadOnlyList<NewTask> tasks, CancellationToken ct = default) =>
        database.WriteAsync((tx, token) => OpenAsync(tx, projectId, batch, tasks, token), ct);

    /// <summary>The same inside a transaction of the caller, for example the one that completes a generation job.</summary>
    public async Task<OpenedTasks> OpenAsync(DbTransaction tx, string projectId, string batch, IReadOnlyList<NewTask> tasks, CancellationToken ct = default)
    {
        var project = await ProjectStore.FindAsync(tx, projectId, ct) ?? throw new KeyNotFoundException($"Project {projectId} does not exist.");
        var now = clock.Now();
        long opened = 0, existing = 0;
        var withoutChoice = new List<string>();
        foreach (var (task, ordinal) in tasks.Select((t, i) => (t, i)))
        {
            var distinct = task.Candidates.DistinctBy(c => c.Text).ToList();
            if (distinct.Count < 2)
            {
                withoutChoice.Add(task.PromptId);
                continue;
            }

            if (await InsertAsync(tx, project, batch, task.PromptId, ordinal, now, ct) is not { } id)
            {
                existing++;
                continue;
            }

            await InsertCandidatesAsync(tx, id, distinct, ct);
            opened++;
        }

        return new OpenedTasks(opened, existing, withoutChoice);
    }

    private async Task<string?> InsertAsync(DbTransaction tx, Project project, string batch, string promptId, int ordinal, long now, CancellationToken ct)
    {
        var known = await tx.Connection!.ExecuteScalarAsync<long>(new CommandDefinition(
            "select count(*) from prompts where id = @promptId and project_id = @projectId", new { promptId, projectId = project.Id }, tx, cancellationToken: ct));
        if (known == 0)
        {
            throw new KeyNotFoundException($"Prompt {promptId} does not belong to project {project.Id}.");
        }

        var id = Ids.New(clock);
        var inserted = await tx.Connection!.ExecuteAsync(new CommandDefinition("""
            insert into tasks (id, project_id, prompt_id, batch, state, required, received, ordinal, created_at)
            values (@id, @projectId, @promptId, @batch, 'open', @required, 0, @ordinal, @now)
            on conflict (prompt_id, batch) do nothing
            """, new { id, projectId = project.Id, promptId, batch, required = project.JudgementsPerTask, ordinal = (long)ordinal, now }, tx, cancellationToken: ct));
        return inserted == 1 ? id : null;
    }

    private async Task InsertCandidatesAsync(DbTransaction tx, string taskId, List<NewCandidate> candidates, CancellationToken ct)
    {
        foreach (var candidate in candidates)
        {
            var row = new { id = Ids.New(clock), taskId, candidate.Text, hash = Sha256.Of(candidate.Text), candidate.CheckpointDigest, candidate.SamplingJson, candidate.Seed };
            await tx.Connection!.ExecuteAsync(new CommandDefinition(
                "insert into candidates (id, task_id, text, text_hash) values (@id, @taskId, @Text, @hash)", row, tx, cancellationToken: ct));
            await tx.Connection!.ExecuteAsync(new CommandDefinition(
                "insert into candidate_provenance (candidate_id, checkpoint_digest, sampling, seed) values (@id, @CheckpointDigest, @SamplingJson, @Seed)", row, tx, cancellationToken: ct));
        }
    }
}

using System.Text.Json;
using System.Text.Json.Nodes;
using Alignment.Contracts.Jobs;
using Alignment.Jobs;
using Alignment.ModelCore.Generation;
using Alignment.PreferenceStore.Prompts;
using Alignment.PreferenceStore.Tasks;
using Alignment.ServiceDefaults;
using Alignment.Storage.Artifacts;

namespace Alignment.Inference.Candidates;

/// <summary>
/// Answers a project's prompts several times and opens a ranking task for each: <c>{checkpoint, project, batch, candidates, sampling, seed}</c>
/// in, <c>{tasks, withoutChoice}</c> out. Prompts answered by an earlier attempt are skipped; an answer depends on seed and prompt alone.
/// </summary>
internal sealed class CandidateJobRunner(PromptStore prompts, TaskStore tasks, IArtifactStore artifacts) : IJobRunner
{
    private const int Page = 16, MostPrompts = 100_000;

    public string Kind => JobKinds.GenerateCandidates;

    public async Task<JobOutcome> RunAsync(JobContext job, CancellationToken ct)
    {
        var spec = new JobSpec(job, artifacts);
        var (project, batch, digest) = (spec.Text("project"), spec.Text("batch"), spec.Text("checkpoint"));
        var open = (await prompts.WithoutTaskAsync(project, batch, MostPrompts, ct)).Select(p => p.Id).ToHashSet();
        var all = await prompts.InOrderAsync(project, MostPrompts, ct);
        using var model = ChatResponder.Load(spec.Folder("checkpoint"));
        var options = Sampling(spec);
        long opened = 0, withoutChoice = 0;
        var done = 0;
        foreach (var page in all.Chunk(Page))
        {
            // Pages are cut alike in every attempt: the last digits of a probability may depend on how far a row is padded.
            done += page.Length;
            if (!page.Any(p => open.Contains(p.Id)))
            {
                continue;
            }

            var answers = model.Answer([.. page.Select(p => model.Encode(Messages(p)))], options, ct: ct).ToLookup(a => a.Prompt);
            var made = await tasks.OpenAsync(project, batch, [.. page.Select((p, i) => new NewTask(p.Id, [.. answers[i].Select(a => Candidate(a, digest, spec))]))], ct);
            opened += made.Opened;
            withoutChoice += made.WithoutChoice.Count;
            job.Report(done, all.Count, $"{opened} tasks opened");
        }

        if (all.Count == 0 || withoutChoice == all.Count)
        {
            throw new JobFailedException("no_tasks", all.Count == 0 ? $"project: {project} has no prompts; add some (POST /feedback/projects/{project}/prompts)."
                : "sampling: every prompt's answers were all the same, so there is nothing to rank. Raise the temperature or the number of candidates.");
        }

        return new(JsonSerializer.Serialize(new { tasks = opened, withoutChoice }));
    }

    private static NewCandidate Candidate(ChatAnswer answer, string digest, JobSpec spec) =>
        // PostgreSQL stores no U+0000, and a form shows none.
        new(answer.Text.Replace("\0", "", StringComparison.Ordinal).Trim() is { Length: > 0 } text ? text : "…", digest, spec.Object("sampling").ToJsonString(), spec.Seed);

    private static JsonArray Messages(Prompt prompt) =>
        new([.. PromptContent.Turns(prompt.Content).Select(t => (JsonNode)new JsonObject { ["role"] = t.Role, ["content"] = t.Content })]);

    private static GenerationOptions Sampling(JobSpec spec)
    {
        var s = spec.Object("sampling");
        return new()
        {
            Sample = true, Sequences = (int)spec.Number("candidates", 4), Seed = (ulong)spec.Seed,
            Temperature = s["temperature"]?.GetValue<double>() ?? 1, TopP = s["topP"]?.GetValue<double>() ?? 1, TopK = s["topK"]?.GetValue<int>() ?? 0,
            MaxNewTokens = s["maxTokens"]?.GetValue<int>() ?? 128,
        };
    }
}

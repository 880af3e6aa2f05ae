using System.Text.Json;

namespace Alignment.Feedback.Projects;

internal sealed record CreateProject(string? Name, string? Guidelines, string? Rubric, string? Language, long CandidatesPerTask = 2, long JudgementsPerTask = 1, long LeaseMinutes = 60, long Seed = 0)
{
    public Faults Faults() => new Faults()
        .Text(Name, "name", 200)
        .Text(Guidelines, "guidelines", 10_000, required: false)
        .Text(Rubric, "rubric", 10_000, required: false)
        .Check(Language is null || Language.Length is > 0 and <= 35 && Language.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'), "language", "Give a language tag such as 'en' or 'pt-BR'.")
        .Range(CandidatesPerTask, "candidatesPerTask", 2, 8)
        .Range(JudgementsPerTask, "judgementsPerTask", 1, 25)
        .Range(LeaseMinutes, "leaseMinutes", 1, 1440)
        .Range(Seed, "seed", 0, long.MaxValue);
}

internal sealed record AddPrompts(string? Batch, IReadOnlyList<PromptInput>? Prompts);

internal sealed record PromptInput(JsonElement Prompt, string? Language, IReadOnlyList<CandidateInput>? Candidates);

/// <summary>An answer; everything but the text is provenance and is never shown to annotators.</summary>
internal sealed record CandidateInput(string? Text, string? Checkpoint, JsonElement? Sampling, long Seed = 0);

internal sealed record OpenTasks(string? Batch, IReadOnlyList<TaskInput>? Tasks);

internal sealed record TaskInput(string? PromptId, IReadOnlyList<CandidateInput>? Candidates);

internal sealed record PromptsAdded(IReadOnlyList<PromptAdded> Prompts, PreferenceStore.Tasks.OpenedTasks Tasks);

internal sealed record PromptAdded(string Id, string GroupHash);

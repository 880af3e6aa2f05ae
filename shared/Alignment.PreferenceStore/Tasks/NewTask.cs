namespace Alignment.PreferenceStore.Tasks;

/// <summary>The answers to one prompt, to be compared.</summary>
/// <param name="PromptId">A prompt of the project.</param>
/// <param name="Candidates">Answers; identical texts count once, and at least two different ones are needed.</param>
public sealed record NewTask(string PromptId, IReadOnlyList<NewCandidate> Candidates);

/// <summary>One answer with where it came from. Everything but the text stays hidden from annotators.</summary>
/// <param name="SamplingJson">JSON object with the sampling settings.</param>
public sealed record NewCandidate(string Text, string CheckpointDigest = "", string SamplingJson = "{}", long Seed = 0);

/// <summary>What opening tasks did. <paramref name="WithoutChoice"/> lists prompts whose answers were all the same.</summary>
public sealed record OpenedTasks(long Opened, long Existing, IReadOnlyList<string> WithoutChoice);

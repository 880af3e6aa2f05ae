namespace Alignment.PreferenceStore.Snapshots;

/// <summary>A frozen data set: an artifact folder with <c>train.jsonl</c>, <c>heldout.jsonl</c> and <c>dataset.json</c>.</summary>
/// <param name="Digest">The artifact's digest; the same content is the same snapshot.</param>
/// <param name="Kind"><c>preference</c> or <c>sft</c>.</param>
/// <param name="Manifest">The JSON of <c>dataset.json</c>: counts, rules, seed, hashes.</param>
public sealed record Snapshot(string Digest, string? ProjectId, string Kind, string Name, long TrainRows, long HeldoutRows, string Manifest, long CreatedAt);

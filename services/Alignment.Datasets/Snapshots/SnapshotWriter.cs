using System.Text.Json;
using System.Text.Json.Nodes;
using Alignment.Datasets.Import;
using Alignment.Datasets.Split;
using Alignment.Storage.Artifacts;

namespace Alignment.Datasets.Snapshots;

/// <summary>A frozen data set on disk.</summary>
internal sealed record WrittenSnapshot(string Digest, int TrainRows, int HeldoutRows, string Manifest);

/// <summary>
/// Writes <c>train.jsonl</c>, <c>heldout.jsonl</c> and <c>dataset.json</c> (what and how) into one content-addressed artifact. Nothing in it depends on time,
/// ids or place, so the same rows with the same settings have the same digest.
/// </summary>
internal sealed class SnapshotWriter(IArtifactStore artifacts)
{
    private static readonly JsonSerializerOptions Indented = new(DatasetImport.Canonical) { WriteIndented = true, NewLine = "\n" };

    /// <param name="about">Further members of <c>dataset.json</c>: rules, counts of what was left out.</param>
    public async Task<WrittenSnapshot> WriteAsync(string kind, IReadOnlyList<ImportedRow> rows, double heldout, long seed, JsonObject about, CancellationToken ct)
    {
        var (train, held) = GroupSplit.Of(rows, r => r.Group, heldout, seed);
        var manifest = new JsonObject
        {
            ["schema"] = 1,
            ["kind"] = kind,
            ["train"] = new JsonObject { ["rows"] = train.Count, ["groups"] = Groups(train) },
            ["heldout"] = new JsonObject { ["rows"] = held.Count, ["groups"] = Groups(held), ["fraction"] = heldout, ["seed"] = seed, ["by"] = "sha256(seed, normalised prompt)" },
        };
        foreach (var (key, value) in about)
        {
            manifest[key] = value?.DeepClone();
        }

        var text = manifest.ToJsonString(Indented) + "\n";
        var folder = artifacts.Stage("dataset");
        await File.WriteAllTextAsync(Path.Combine(folder, "train.jsonl"), Lines(train), ct);
        await File.WriteAllTextAsync(Path.Combine(folder, "heldout.jsonl"), Lines(held), ct);
        await File.WriteAllTextAsync(Path.Combine(folder, "dataset.json"), text, ct);
        return new WrittenSnapshot(await artifacts.CommitAsync(folder, ct), train.Count, held.Count, text);
    }

    private static int Groups(List<ImportedRow> rows) => rows.Select(r => r.Group).Distinct(StringComparer.Ordinal).Count();

    private static string Lines(List<ImportedRow> rows) => string.Concat(rows.Select(r => r.Json + "\n"));
}

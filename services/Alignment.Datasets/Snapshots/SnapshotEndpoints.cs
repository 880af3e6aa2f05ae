using System.Text.Json;
using Alignment.PreferenceStore.Snapshots;
using Alignment.ServiceDefaults;
using Alignment.Storage;
using Alignment.Storage.Artifacts;

namespace Alignment.Datasets.Snapshots;

/// <summary>Freezing, listing and reading snapshots.</summary>
internal static class SnapshotEndpoints
{
    private static readonly string[] Files = ["train.jsonl", "heldout.jsonl", "dataset.json", "manifest.json"];

    public static void Map(IEndpointRouteBuilder datasets)
    {
        datasets.MapPost("/snapshots", FreezeAsync).WithSummary("Freeze the preferences of a project now; a cycle does the same as a job.");
        datasets.MapGet("/snapshots", ListAsync).WithSummary("Newest first; pass the last digest seen as `before` for the next page.");
        datasets.MapGet("/snapshots/{digest}", FindAsync);
        datasets.MapGet("/snapshots/{digest}/files/{file}", FileAsync);
    }

    private static async Task<IResult> FreezeAsync(SnapshotSpec spec, PreferenceSnapshot freezer, SnapshotStore snapshots, IDatabase database, CancellationToken ct)
    {
        try
        {
            var frozen = await freezer.FreezeAsync(spec, ct);
            await database.WriteAsync((tx, token) => snapshots.RecordAsync(tx, frozen.Snapshot, frozen.JudgementIds, token), ct);
            return TypedResults.Created($"/datasets/snapshots/{frozen.Snapshot.Digest}", SnapshotView.Of((await snapshots.FindAsync(frozen.Snapshot.Digest, ct))!));
        }
        catch (SnapshotException fault)
        {
            throw new ProblemException(422, "There is no snapshot.", fault.Message, fault.Code);
        }
    }

    private static async Task<IResult> ListAsync(SnapshotStore snapshots, string? before, int limit = 50, CancellationToken ct = default)
    {
        if (limit is < 1 or > 200)
        {
            throw new ProblemException(400, "limit is out of range.", "limit: use 1 to 200.", "limit-out-of-range");
        }

        var position = before is null ? ((long, string)?)null : ((await KnownAsync(snapshots, before, ct)).CreatedAt, before);
        return TypedResults.Ok((await snapshots.ListAsync(position, limit, ct)).Select(SnapshotView.Of));
    }

    private static async Task<IResult> FindAsync(string digest, SnapshotStore snapshots, CancellationToken ct) => TypedResults.Ok(SnapshotView.Of(await KnownAsync(snapshots, digest, ct)));

    private static async Task<IResult> FileAsync(string digest, string file, SnapshotStore snapshots, IArtifactStore artifacts, CancellationToken ct)
    {
        await KnownAsync(snapshots, digest, ct);
        return Files.Contains(file)
            ? TypedResults.PhysicalFile(Path.Combine(artifacts.PathOf(digest), file), file.EndsWith(".jsonl", StringComparison.Ordinal) ? "application/x-ndjson" : "application/json")
            : throw new ProblemException(404, "No such file.", $"file: a snapshot has {string.Join(", ", Files)}.", "file-not-found");
    }

    private static async Task<Snapshot> KnownAsync(SnapshotStore snapshots, string digest, CancellationToken ct) => await snapshots.FindAsync(digest, ct)
        ?? throw new ProblemException(404, "No such snapshot.", $"'{digest}' is no digest of a snapshot; GET /datasets/snapshots lists them.", "snapshot-not-found");
}

internal sealed record SnapshotView(string Digest, string? ProjectId, string Kind, string Name, long TrainRows, long HeldoutRows, JsonElement Manifest, DateTimeOffset CreatedAt)
{
    public static SnapshotView Of(Snapshot s) => new(s.Digest, s.ProjectId, s.Kind, s.Name, s.TrainRows, s.HeldoutRows, JsonSerializer.Deserialize<JsonElement>(s.Manifest), DateTimeOffset.FromUnixTimeMilliseconds(s.CreatedAt));
}

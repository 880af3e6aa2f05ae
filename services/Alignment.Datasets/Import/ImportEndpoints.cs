using System.Text.Json.Nodes;
using Alignment.Datasets.Snapshots;
using Alignment.PreferenceStore.Snapshots;
using Alignment.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Alignment.Datasets.Import;

/// <summary>JSON Lines in the body, a snapshot out; or every problem with line, field, code and remedy, and nothing stored.</summary>
internal static class ImportEndpoints
{
    private const long BodyLimit = 512L << 20;

    public static void Map(IEndpointRouteBuilder datasets) => datasets.MapPost("/imports", ImportAsync)
        .WithMetadata(new RequestSizeLimitAttribute(BodyLimit))
        .WithSummary("Import JSON Lines (kind=sft or preference); splits by prompt group and freezes a snapshot.");

    private static async Task<Results<Created<SnapshotView>, ProblemHttpResult>> ImportAsync(HttpRequest request, SnapshotWriter writer, SnapshotStore snapshots,
        string? kind, string? name, string? file, double heldout = 0.1, long seed = 0, CancellationToken ct = default)
    {
        if (kind is not (RowRules.Sft or RowRules.Preference) || string.IsNullOrWhiteSpace(name) || name.Length > 200 || heldout is not (>= 0 and <= 0.9))
        {
            throw new ProblemException(422, "The import cannot start.", "kind: 'sft' or 'preference'; name: 1 to 200 characters; heldout: a fraction from 0 to 0.9.", "invalid");
        }

        var import = await DatasetImport.ReadAsync(request.Body, file ?? "body", kind, ct);
        if (import.Problems.Count > 0)
        {
            return TypedResults.Problem($"{import.Problems.List[0]}{(import.Problems.Count > 1 ? $" And {import.Problems.Count - 1} more." : "")}", statusCode: 422, title: "The file was not imported; nothing was stored.",
                extensions: new Dictionary<string, object?> { ["code"] = "bad-rows", ["problemCount"] = import.Problems.Count, ["problems"] = import.Problems.List });
        }

        var about = new JsonObject { ["source"] = file ?? "body", ["left_out"] = new JsonObject { ["duplicates"] = import.Duplicates } };
        var written = await writer.WriteAsync(kind, import.Rows, heldout, seed, about, ct);
        await snapshots.RecordAsync(new Snapshot(written.Digest, null, kind, name.Trim(), written.TrainRows, written.HeldoutRows, written.Manifest, 0), ct);
        return TypedResults.Created($"/datasets/snapshots/{written.Digest}", SnapshotView.Of((await snapshots.FindAsync(written.Digest, ct))!));
    }
}

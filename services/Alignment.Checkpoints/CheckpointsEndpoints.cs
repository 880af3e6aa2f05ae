using System.Text.Json;
using Alignment.Checkpoints.Aliases;
using Alignment.Checkpoints.Registry;
using Alignment.ServiceDefaults;

namespace Alignment.Checkpoints;

/// <summary>The registry over HTTP.</summary>
public static class CheckpointsEndpoints
{
    public static IEndpointRouteBuilder MapCheckpoints(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/checkpoints").WithTags("checkpoints");
        group.MapGet("/", ListAsync).WithSummary("Newest first; pass the last id seen as `before` for the next page.");
        group.MapPost("/", ImportAsync).WithSummary("Register a Hugging Face folder on this host as a checkpoint.");
        group.MapGet("/{reference}", GetAsync).WithSummary("By id, digest or alias.");
        group.MapGet("/{reference}/lineage", LineageAsync).WithSummary("The checkpoint and its ancestors, child first.");
        var aliases = routes.MapGroup("/checkpoints/aliases").WithTags("checkpoints");
        aliases.MapGet("/", (AliasBook book, CancellationToken ct) => book.ListAsync(ct));
        aliases.MapPut("/{alias}", MoveAsync).WithSummary("Point an alias at a checkpoint; If-Match guards against a lost update.");
        aliases.MapGet("/{alias}/history", (string alias, AliasBook book, CancellationToken ct) => book.HistoryAsync(alias, ct));
        routes.MapGet("/v1/models", ModelsAsync).WithTags("models").WithSummary("Aliases and policies, in the OpenAI shape.");
        return routes;
    }

    private static async Task<IResult> ListAsync(CheckpointRegistry registry, string? before, int? limit, CancellationToken ct)
    {
        if (limit is < 1 or > 200)
        {
            throw new ProblemException(400, "limit is out of range.", "limit: use 1 to 200.", "limit-out-of-range");
        }

        return TypedResults.Ok((await registry.ListAsync(before, limit ?? 50, ct)).Select(View.Of));
    }

    private static async Task<IResult> GetAsync(string reference, CheckpointRegistry registry, CancellationToken ct) =>
        TypedResults.Ok(View.Of(await FindAsync(registry, reference, ct)));

    private static async Task<IResult> LineageAsync(string reference, CheckpointRegistry registry, CancellationToken ct) =>
        TypedResults.Ok((await registry.LineageAsync((await FindAsync(registry, reference, ct)).Digest, ct)).Select(View.Of));

    private static async Task<IResult> ImportAsync(ImportRequest request, CheckpointImport import, CancellationToken ct)
    {
        var row = await import.RunAsync(request, ct);
        return TypedResults.Created($"/checkpoints/{row.Id}", View.Of(row));
    }

    private static async Task<IResult> MoveAsync(string alias, MoveRequest request, HttpContext http, CheckpointRegistry registry, AliasBook book, CancellationToken ct)
    {
        var expected = http.Request.Headers.IfMatch.ToString().Trim('"') is { Length: > 0 } tag
            ? long.TryParse(tag, out var v) ? v : throw new ProblemException(400, "If-Match is not a version.", "If-Match: send the alias's version number in quotes.", "bad-if-match")
            : (long?)null;
        var version = await book.MoveAsync(alias, await FindAsync(registry, request.Checkpoint, ct), request.Reason ?? "moved by hand", expected, ct);
        http.Response.Headers.ETag = $"\"{version}\"";
        return TypedResults.Ok(new { alias, checkpoint = request.Checkpoint, version });
    }

    private static async Task<IResult> ModelsAsync(CheckpointRegistry registry, AliasBook book, CancellationToken ct)
    {
        var aliases = (await book.ListAsync(ct)).Where(a => a.Kind == "policy").Select(a => new { id = a.Name, @object = "model", created = a.MovedAt / 1000, owned_by = "alignment", root = a.Digest });
        var policies = (await registry.ListAsync(null, 200, ct)).Where(c => c.Kind == "policy").Select(c => new { id = c.Id, @object = "model", created = c.CreatedAt / 1000, owned_by = "alignment", root = c.Digest });
        return TypedResults.Ok(new { @object = "list", data = aliases.Concat(policies) });
    }

    private static async Task<CheckpointRecord> FindAsync(CheckpointRegistry registry, string reference, CancellationToken ct) =>
        await registry.FindAsync(reference, ct) ?? throw new ProblemException(404, "No such checkpoint.", $"'{reference}' is no id, digest or alias; GET /checkpoints lists them.", "checkpoint-not-found");

    /// <summary>A checkpoint as callers see it: metrics as JSON, not as text.</summary>
    private sealed record View(string Id, string Digest, string Kind, string Name, string? ParentDigest, string? JobId, string? CycleId, string? SnapshotDigest, JsonElement Metrics, DateTimeOffset CreatedAt)
    {
        public static View Of(CheckpointRecord c) => new(c.Id, c.Digest, c.Kind, c.Name, c.ParentDigest, c.JobId, c.CycleId, c.SnapshotDigest, JsonSerializer.Deserialize<JsonElement>(c.Metrics), DateTimeOffset.FromUnixTimeMilliseconds(c.CreatedAt));
    }
}

/// <param name="Checkpoint">Id or digest.</param>
/// <param name="Reason">Kept in the history.</param>
internal sealed record MoveRequest(string Checkpoint, string? Reason);

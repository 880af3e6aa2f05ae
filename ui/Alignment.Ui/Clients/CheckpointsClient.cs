using System.Text.Json;

namespace Alignment.Ui.Clients;

/// <summary>The registry as the pages use it.</summary>
internal sealed class CheckpointsClient(ServiceHttp http, Backend backend)
{
    public Task<Answer<IReadOnlyList<CheckpointView>>> ListAsync(string? before, int limit, CancellationToken ct) =>
        http.GetAsync<IReadOnlyList<CheckpointView>>(backend.Checkpoints, $"checkpoints?limit={limit}{(before is null ? "" : $"&before={Uri.EscapeDataString(before)}")}", ct);

    public Task<Answer<CheckpointView>> FindAsync(string reference, CancellationToken ct) => http.GetAsync<CheckpointView>(backend.Checkpoints, $"checkpoints/{Uri.EscapeDataString(reference)}", ct);

    public Task<Answer<IReadOnlyList<CheckpointView>>> LineageAsync(string reference, CancellationToken ct) =>
        http.GetAsync<IReadOnlyList<CheckpointView>>(backend.Checkpoints, $"checkpoints/{Uri.EscapeDataString(reference)}/lineage", ct);

    public Task<Answer<IReadOnlyList<AliasView>>> AliasesAsync(CancellationToken ct) => http.GetAsync<IReadOnlyList<AliasView>>(backend.Checkpoints, "checkpoints/aliases", ct);

    public Task<Answer<IReadOnlyList<AliasMoveView>>> HistoryAsync(string alias, CancellationToken ct) =>
        http.GetAsync<IReadOnlyList<AliasMoveView>>(backend.Checkpoints, $"checkpoints/aliases/{Uri.EscapeDataString(alias)}/history", ct);

    public Task<Answer<object>> MoveAsync(string alias, string checkpoint, string reason, CancellationToken ct) =>
        http.PutAsync<object>(backend.Checkpoints, $"checkpoints/aliases/{Uri.EscapeDataString(alias)}", new { checkpoint, reason }, ct);

    public Task<Answer<ModelsView>> ModelsAsync(CancellationToken ct) => http.GetAsync<ModelsView>(backend.Checkpoints, "v1/models", ct);
}

internal sealed record CheckpointView(string Id, string Digest, string Kind, string Name, string? ParentDigest, string? JobId, string? CycleId, string? SnapshotDigest, JsonElement Metrics, DateTimeOffset CreatedAt);

internal sealed record AliasView(string Name, string CheckpointId, string Digest, string Kind, long Version, long MovedAt);

internal sealed record AliasMoveView(string Alias, long Version, string? FromCheckpointId, string ToCheckpointId, string? Reason, string? EvaluationJobId, long MovedAt);

internal sealed record ModelsView(IReadOnlyList<ModelView> Data);

internal sealed record ModelView(string Id, string? Root);

namespace Alignment.Ui.Clients;

/// <summary>The Datasets service as the pages use it.</summary>
internal sealed class DatasetsClient(ServiceHttp http, Backend backend)
{
    public Task<Answer<IReadOnlyList<SnapshotView>>> ListAsync(string? before, int limit, CancellationToken ct) =>
        http.GetAsync<IReadOnlyList<SnapshotView>>(backend.Datasets, $"datasets/snapshots?limit={limit}{(before is null ? "" : $"&before={Uri.EscapeDataString(before)}")}", ct);
}

internal sealed record SnapshotView(string Digest, string? ProjectId, string Kind, string Name, long TrainRows, long HeldoutRows, DateTimeOffset CreatedAt);

using System.Text.Json;

namespace Alignment.Ui.Clients;

/// <summary>The Cycles service as the pages use it.</summary>
internal sealed class CyclesClient(ServiceHttp http, Backend backend)
{
    public Task<Answer<IReadOnlyList<CycleView>>> ListAsync(string? before, int limit, CancellationToken ct) =>
        http.GetAsync<IReadOnlyList<CycleView>>(backend.Cycles, $"cycles?limit={limit}{(before is null ? "" : $"&before={Uri.EscapeDataString(before)}")}", ct);

    public Task<Answer<CycleView>> FindAsync(string id, CancellationToken ct) => http.GetAsync<CycleView>(backend.Cycles, $"cycles/{Uri.EscapeDataString(id)}", ct);

    public Task<Answer<object>> CancelAsync(string id, CancellationToken ct) => http.PostAsync<object>(backend.Cycles, $"cycles/{Uri.EscapeDataString(id)}/cancel", new { }, ct);
}

internal sealed record CycleView(string Id, string ModelLine, string Stage, long Version, string? Cause, string? Reason, JsonElement Config, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt,
    IReadOnlyList<string>? Stages, IReadOnlyList<CycleEventView>? Events, IReadOnlyList<JobView>? Jobs)
{
    public bool IsFinal => Stage is "Completed" or "Rejected" or "Failed" or "Canceled";
}

internal sealed record CycleEventView(long Version, string FromStage, string ToStage, string? Cause, DateTimeOffset At);

internal sealed record JobView(string Id, string Kind, string State, long Attempt, JobProgressView? Progress, JsonElement? Result, JobErrorView? Error, DateTimeOffset? CreatedAt, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt);

internal sealed record JobProgressView(long Step, long Total, string? Message);

internal sealed record JobErrorView(string Code, string? Text);

using System.Text.Json;
using Alignment.Contracts.Jobs;
using Alignment.Jobs;
using Alignment.Storage;

namespace Alignment.Checkpoints.Registry;

/// <summary>
/// Registers what training jobs produced. It reads job rows, so it needs no message and no order; a row seen twice is one checkpoint.
/// </summary>
internal sealed partial class CheckpointRegistrar(IJobReader jobs, CheckpointRegistry registry, TimeProvider time, ILogger<CheckpointRegistrar> logger) : BackgroundService
{
    private const int Page = 100;

    private static readonly Dictionary<string, string> KindOf = new()
    {
        [JobKinds.TrainSft] = "policy", [JobKinds.TrainPolicy] = "policy", [JobKinds.TrainReward] = "reward",
    };

    private readonly HashSet<string> seen = [];

    /// <summary>Registers every success not yet registered; returns how many were new.</summary>
    public async Task<int> SweepAsync(CancellationToken ct)
    {
        var added = 0;
        foreach (var kind in KindOf.Keys)
        {
            foreach (var job in (await jobs.ListAsync(kind, JobStates.Succeeded, null, null, Page, ct)).Where(j => !seen.Contains(j.Id)))
            {
                if (Describe(job) is { } checkpoint)
                {
                    await registry.RegisterAsync(checkpoint, ct);
                    added++;
                }

                seen.Add(job.Id);
            }
        }

        return added;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), time);
        while (!stoppingToken.IsCancellationRequested && await timer.WaitForNextTickAsync(CancellationToken.None))
        {
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Failed(logger, e);
            }
        }
    }

    private CheckpointRecord? Describe(JobView job)
    {
        var result = JsonSerializer.Deserialize<JsonElement>(job.Result ?? "{}");
        var spec = JsonSerializer.Deserialize<JsonElement>(job.Spec);
        return Text(result, "checkpoint") is not { } digest ? null : new()
        {
            Id = Ids.New(time),
            Digest = digest,
            Kind = KindOf[job.Kind],
            Name = Text(spec, "name") ?? $"{job.Kind.Split('.')[0]} {job.Id[..8]}",
            ParentDigest = Text(spec, "parent"),
            SnapshotDigest = Text(spec, "snapshot") ?? Text(spec, "data"),
            JobId = job.Id,
            CycleId = job.CycleId,
            Metrics = result.TryGetProperty("metrics", out var metrics) ? metrics.GetRawText() : "{}",
        };
    }

    private static string? Text(JsonElement o, string name) => o.TryGetProperty(name, out var v) && v.ValueKind == JsonValueKind.String ? v.GetString() : null;

    [LoggerMessage(1, LogLevel.Warning, "Registering trained checkpoints failed; the next sweep tries again")]
    private static partial void Failed(ILogger logger, Exception exception);
}

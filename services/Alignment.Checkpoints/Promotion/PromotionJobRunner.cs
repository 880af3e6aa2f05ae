using System.Text.Json;
using Alignment.Checkpoints.Aliases;
using Alignment.Checkpoints.Registry;
using Alignment.Contracts.Jobs;
using Alignment.Contracts.Messages;
using Alignment.Jobs;

namespace Alignment.Checkpoints.Promotion;

/// <summary>Moves an alias to the checkpoint that passed its gate, in the job's own completing transaction.</summary>
internal sealed class PromotionJobRunner(CheckpointRegistrar registrar, CheckpointRegistry registry, AliasBook aliases) : IJobRunner
{
    public string Kind => JobKinds.PromoteCheckpoint;

    public async Task<JobOutcome> RunAsync(JobContext job, CancellationToken ct)
    {
        var spec = JsonSerializer.Deserialize<PromotionSpec>(job.SpecJson, JsonSerializerOptions.Web)!;
        await registrar.SweepAsync(ct);
        var checkpoint = await registry.FindAsync(spec.Checkpoint, ct)
            ?? throw new JobFailedException("checkpoint_not_found", $"checkpoint: {spec.Checkpoint} is not registered; GET /checkpoints lists what is.");
        var previous = await registry.FindAsync(spec.Alias, ct);
        return new(JsonSerializer.Serialize(new { checkpoint = spec.Checkpoint, checkpointId = checkpoint.Id, alias = spec.Alias }))
        {
            Effects = (tx, token) => aliases.MoveAsync(tx, spec.Alias, checkpoint, job.CycleId is { } cycle ? $"cycle {cycle} passed its gate" : "promoted by a job", spec.Evaluation, token),
            Events = [new CheckpointPromoted(spec.Alias, spec.Alias, checkpoint.Id, checkpoint.Digest, previous?.Id, checkpoint.CreatedAt)],
        };
    }
}

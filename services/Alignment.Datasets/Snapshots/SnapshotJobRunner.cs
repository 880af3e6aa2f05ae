using System.Text.Json;
using Alignment.Contracts.Jobs;
using Alignment.Contracts.Messages;
using Alignment.Jobs;
using Alignment.PreferenceStore.Snapshots;

namespace Alignment.Datasets.Snapshots;

/// <summary>
/// Runs <c>datasets.snapshot</c>: freezes the preferences of a project. The row that makes the snapshot visible commits with the job; an attempt that
/// died before leaves at most an artifact that nobody names, and the next one finds it by content.
/// </summary>
internal sealed class SnapshotJobRunner(PreferenceSnapshot freezer, SnapshotStore snapshots) : IJobRunner
{
    public string Kind => JobKinds.SnapshotDataset;

    public async Task<JobOutcome> RunAsync(JobContext job, CancellationToken ct)
    {
        job.Report(0, 1, "reading judgements");
        try
        {
            var spec = JsonSerializer.Deserialize<SnapshotSpec>(job.SpecJson, JsonSerializerOptions.Web) ?? throw new JobFailedException("bad_spec", "The specification is empty.");
            var frozen = await freezer.FreezeAsync(spec, ct);
            var (snapshot, rows) = (frozen.Snapshot, frozen.Snapshot.TrainRows + frozen.Snapshot.HeldoutRows);
            job.Report(1, 1, $"{rows} pairs frozen");
            return new JobOutcome(JsonSerializer.Serialize(new { snapshot = snapshot.Digest, pairs = rows, heldout = snapshot.HeldoutRows, judgements = frozen.JudgementIds.Count }))
            {
                Effects = (tx, token) => snapshots.RecordAsync(tx, snapshot, frozen.JudgementIds, token),
                Events = [new DatasetFrozen(snapshot.Digest, snapshot.Digest, rows)],
            };
        }
        catch (JsonException fault)
        {
            throw new JobFailedException("bad_spec", $"The specification cannot be read: {fault.Message} Send project, batch, heldout, seed.", fault);
        }
        catch (SnapshotException fault)
        {
            throw new JobFailedException(fault.Code.Replace('-', '_'), fault.Message, fault);
        }
    }
}

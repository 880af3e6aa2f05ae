using System.Text.Json.Nodes;
using Alignment.Contracts.Jobs;
using Alignment.Jobs;
using Dapper;

namespace Alignment.Faults.Tests.Children;

/// <summary>Works in steps, saves every second one, resumes there, and leaves one row as its effect; the table has no unique key, so doubles show.</summary>
internal sealed class StepRunner(string kind) : IJobRunner
{
    private const int DefaultSteps = 8;
    private static readonly TimeSpan StepTime = TimeSpan.FromMilliseconds(30);
    private static readonly string Digest = "sha256:" + new string('b', 64);

    public string Kind => kind;

    public async Task<JobOutcome> RunAsync(JobContext job, CancellationToken ct)
    {
        var steps = (int?)JsonNode.Parse(job.SpecJson)!["options"]?["steps"] ?? DefaultSteps;
        for (var step = int.Parse(job.ResumeRef ?? "0") + 1; step <= steps; step++)
        {
            // Busy like a training step, not asleep on a timer.
            ct.WaitHandle.WaitOne(StepTime);
            ct.ThrowIfCancellationRequested();
            job.Report(step, steps);
            if (step % 2 == 0)
            {
                await job.SaveResumeAsync($"{step}", ct);
            }
        }

        return new(Result())
        {
            Effects = (tx, token) => tx.Connection!.ExecuteAsync(new CommandDefinition(
                "insert into effects (job, attempt) values (@job, @attempt)", new { job = job.JobId, attempt = job.Attempt }, tx, cancellationToken: token)),
        };
    }

    private string Result() => kind switch
    {
        JobKinds.SnapshotDataset => $$"""{"snapshot":"{{Digest}}"}""",
        JobKinds.TrainReward => $$"""{"checkpoint":"{{Digest}}","accuracy":0.9}""",
        JobKinds.RunEvaluation => """{"gate":{"decision":"pass","p_value":0.01}}""",
        _ => $$"""{"checkpoint":"{{Digest}}"}""",
    };
}

using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Alignment.Contracts.Cycles;
using Alignment.Contracts.Jobs;
using Alignment.Storage.Artifacts;
using Alignment.Suite.Demo.Annotators;
using Alignment.Suite.Demo.Reporting;

namespace Alignment.Suite.Demo.Running;

/// <summary>One whole cycle on the sample, through the suite's own API, people simulated.</summary>
internal sealed class DemoRun(SuiteClient suite, IArtifactStore artifacts, DemoPaths paths, DemoProgress progress, MemoryWatch memory, int seed)
{
    private readonly JsonObject settings = JsonNode.Parse(File.ReadAllText(paths.SettingsFile))!.AsObject();

    /// <summary>Runs or goes on with the cycle of this seed and writes the report.</summary>
    public async Task<DemoOutcome> RunAsync(CancellationToken ct)
    {
        var clock = Stopwatch.StartNew();
        progress.Say("Bringing the sample in: base model, archive of answers, held-out questions, prompts to rank.");
        var demo = await new DemoSetup(suite, paths, settings, seed).RunAsync(ct);
        progress.Say($"Cycle {demo.CycleId} of project {demo.ProjectId}:");
        var cycle = await FollowAsync(demo, ct);
        var stage = cycle.GetProperty("stage").GetString();
        var compared = cycle.GetProperty("jobs").EnumerateArray().Any(j => j.GetProperty("kind").GetString() == JobKinds.RunEvaluation);
        if (stage is CycleStages.Failed or CycleStages.Canceled || !compared)
        {
            throw new DemoException($"The cycle ended as {stage}: {cycle.GetProperty("reason").GetString()}");
        }

        var outcome = await new DemoFigures(suite, artifacts, seed).ReadAsync(demo, cycle, clock.Elapsed.TotalSeconds, memory.Peak, ct);
        DemoReport.Write(outcome, paths.Data);
        return outcome;
    }

    /// <summary>Waits for the end; while judgements are asked for, the simulated annotators give them.</summary>
    private async Task<JsonElement> FollowAsync(DemoCycle demo, CancellationToken ct)
    {
        Task? annotators = null;
        while (true)
        {
            var cycle = await suite.GetAsync($"cycles/{demo.CycleId}", ct);
            progress.Show(cycle);
            var stage = cycle.GetProperty("stage").GetString()!;
            if (CycleStages.IsFinal(stage))
            {
                return cycle;
            }

            if (stage == CycleStages.CollectingFeedback)
            {
                annotators ??= SimulatedAnnotators.RunAsync(suite.Http, demo.ProjectId, HelpdeskRubric.Load(paths.Sample), DemoSetup.Annotators(settings), seed, demo.CycleId, null, ct);
                if (annotators.IsFaulted)
                {
                    await annotators;
                }
            }

            await Task.Delay(300, ct);
        }
    }
}

using System.Text.Json;
using Alignment.Contracts.Jobs;
using Alignment.Statistics.Preferences;
using Alignment.Storage.Artifacts;
using Alignment.Suite.Demo.Reporting;

namespace Alignment.Suite.Demo.Running;

/// <summary>Collects what the report tells from where it is kept: the cycle, its jobs, the project, the evaluation's artifact.</summary>
internal sealed class DemoFigures(SuiteClient suite, IArtifactStore artifacts, int seed)
{
    public async Task<DemoOutcome> ReadAsync(DemoCycle demo, JsonElement cycle, double seconds, long peakRss, CancellationToken ct)
    {
        var results = cycle.GetProperty("jobs").EnumerateArray().Where(j => j.GetProperty("state").GetString() == JobStates.Succeeded)
            .ToDictionary(j => j.GetProperty("kind").GetString()!, j => j.GetProperty("result"));
        var evaluation = results[JobKinds.RunEvaluation];
        var comparison = JsonSerializer.Deserialize<Comparison>(await File.ReadAllTextAsync(Path.Combine(artifacts.PathOf(evaluation.GetProperty("report").GetString()!), "comparison.json"), ct), JsonSerializerOptions.Web)!;
        var child = await suite.GetAsync($"checkpoints/{results[JobKinds.TrainPolicy].GetProperty("checkpoint").GetString()}", ct);
        var reward = results[JobKinds.TrainReward];
        return new()
        {
            Seed = seed,
            Gate = comparison.Gate,
            RewardModel = new(reward.GetProperty("accuracy").GetDouble(), reward.GetProperty("ceiling").GetDouble(), reward.GetProperty("n").GetInt32()),
            Agreement = await AgreementAsync(demo, cycle, ct),
            Checkpoint = new(child.GetProperty("id").GetString()!, child.GetProperty("digest").GetString()!, results.TryGetValue(JobKinds.PromoteCheckpoint, out var promoted) ? promoted.GetProperty("alias").GetString() : null),
            Stages = Stages(cycle),
            Seconds = seconds,
            PeakRssBytes = peakRss,
            Conversations = [.. comparison.Rows.Select(r => new ScoredConversation(r.Language, r.Prompt, r.Parent.Scored, r.Child.Scored))],
        };
    }

    private async Task<AgreementFigures> AgreementAsync(DemoCycle demo, JsonElement cycle, CancellationToken ct)
    {
        var agreement = await suite.GetAsync($"feedback/projects/{demo.ProjectId}/agreement?batch={demo.CycleId}", ct);
        var progress = await suite.GetAsync($"feedback/projects/{demo.ProjectId}/progress?batch={demo.CycleId}", ct);
        double? Number(JsonElement e) => e.ValueKind == JsonValueKind.Number ? e.GetDouble() : null;
        return new(Number(agreement.GetProperty("ordinal")), Number(agreement.GetProperty("pairAgreement")) ?? double.NaN,
            progress.GetProperty("slots").EnumerateArray().Select(s => s.GetProperty("share").GetDouble()).FirstOrDefault(double.NaN),
            progress.GetProperty("annotators").GetArrayLength(), (int)progress.GetProperty("progress").GetProperty("received").GetInt64(),
            cycle.GetProperty("config").GetProperty("feedback").GetProperty("candidates").GetInt32());
    }

    private static List<StageTime> Stages(JsonElement cycle)
    {
        var stages = new List<StageTime>();
        var from = cycle.GetProperty("createdAt").GetDateTimeOffset();
        foreach (var e in cycle.GetProperty("events").EnumerateArray())
        {
            var at = e.GetProperty("at").GetDateTimeOffset();
            stages.Add(new(e.GetProperty("fromStage").GetString()!, (at - from).TotalSeconds));
            from = at;
        }

        return stages;
    }

    private sealed record Comparison(PairedGateResult Gate, IReadOnlyList<Row> Rows);

    private sealed record Row(string Language, string Prompt, Answer Parent, Answer Child);

    private sealed record Answer(string Text, double Score, Dictionary<string, double> Marks)
    {
        public ScoredAnswer Scored => new(Text, Score, Marks);
    }
}

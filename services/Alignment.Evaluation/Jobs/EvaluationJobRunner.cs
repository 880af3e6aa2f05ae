using System.Text.Json;
using Alignment.Contracts.Jobs;
using Alignment.Evaluation.Recipes;
using Alignment.Evaluation.Suites;
using Alignment.Jobs;
using Alignment.ServiceDefaults;
using Alignment.Statistics.Preferences;
using Alignment.Storage.Artifacts;

namespace Alignment.Evaluation.Jobs;

/// <summary>
/// Compares a child with its parent: <c>{parent, checkpoint, suite, seed, options}</c> in; <c>{gate, winRate, perplexity, report}</c> out, the
/// report being an artifact with every answer and mark (<c>comparison.json</c>).
/// </summary>
internal sealed class EvaluationJobRunner(IArtifactStore artifacts) : IJobRunner
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerOptions.Web)
    {
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public string Kind => JobKinds.RunEvaluation;

    public async Task<JobOutcome> RunAsync(JobContext job, CancellationToken ct)
    {
        var spec = new JobSpec(job, artifacts);
        var suite = EvaluationSuite.Read(spec.Folder("suite"));
        var options = spec.Object("options").Deserialize<ComparisonOptions>(Json)! with { Seed = spec.Seed };
        var gate = (spec.Object("options")["gate"]?.Deserialize<PairedGateOptions>(Json) ?? new()) with { Seed = (ulong)spec.Seed };
        var (decision, rows) = PolicyComparison.Run(spec.Folder("parent"), spec.Folder("checkpoint"), suite, options, gate, (step, of, text) => job.Report(step, of, text), ct);
        var staged = artifacts.Stage("evaluation");
        await File.WriteAllTextAsync(Path.Combine(staged, "comparison.json"), JsonSerializer.Serialize(new { gate = decision, rows }, Json), ct);
        var report = await artifacts.CommitAsync(staged, ct);
        return new(JsonSerializer.Serialize(new
        {
            gate = new { decision = decision.Decision.ToString().ToLowerInvariant(), decision.PValue, decision.Reasons },
            winRate = new { estimate = decision.WinRate.TiesHalf, decision.WinRateInterval.Low, decision.WinRateInterval.High, n = decision.WinRate.Count },
            perplexity = new { before = decision.PerplexityBefore, after = decision.PerplexityAfter },
            report,
        }, Json));
    }
}

using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Recipes;

/// <summary>
/// How a policy orders held-out pairs by itself, without a reference: <c>eval_accuracy</c>, the share where the chosen answer has the higher
/// log-prob per token (a tie is wrong); <c>eval_margin</c>, the mean difference in nats per token; <c>eval_loss</c>, −log σ of the difference.
/// </summary>
public static class PairPreference
{
    /// <summary>On <c>evaluation.data</c>, or on some of <paramref name="pairs"/> where there is none.</summary>
    public static HeldOut HeldOut(CausalModel policy, TrainingOptions options, IReadOnlyList<TokenPair> pairs, RowEncoder encoder, IMetricsSink metrics, string truncation = PairRules.KeepStart)
    {
        var held = options.Evaluation.Data.Count > 0
            ? PairTruncation.Fit(encoder.Encode(PreferenceReader.Read(options.Evaluation.Data)), options.MaxLength, metrics, truncation == PairRules.KeepEnd)
            : ModelCore.Training.HeldOut.SampleOf(pairs);
        return new(() => Measure(policy, held, encoder.PadId, options.BatchSize), "eval_accuracy", DataDigest.Of(held));
    }

    private static Dictionary<string, double> Measure(CausalModel policy, IReadOnlyList<TokenPair> pairs, int padId, int batchSize)
    {
        using var quiet = new EvalMode(policy);
        using var none = no_grad();
        var differences = new List<double>();
        foreach (var batch in pairs.OrderBy(p => p.Length).Chunk(batchSize))
        {
            using var scope = NewDisposeScope();
            var now = PairLogProbs.Of(policy, batch, padId, new PairForward());
            var means = now.Means.ToDoubles();
            differences.AddRange(Enumerable.Range(0, batch.Length).Select(i => means[i] - means[i + batch.Length]));
        }

        return new(StringComparer.Ordinal)
        {
            ["eval_loss"] = differences.Average(d => Math.Log(1 + Math.Exp(-d))), ["eval_accuracy"] = differences.Average(d => d > 0 ? 1.0 : 0), ["eval_margin"] = differences.Average(),
        };
    }
}

using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Recipes;

/// <summary>
/// How a policy tells desirable answers from undesirable ones by itself, without a reference, from the log-prob per token: <c>eval_auc</c>, the share
/// of (desirable, undesirable) pairs where the first is higher (a tie counts one half); <c>eval_margin</c>, the difference of the two means in nats per
/// token; <c>eval_loss</c>, the mean −log-prob per token of desirable answers.
/// </summary>
public static class LabelledPreference
{
    /// <summary>On <c>evaluation.data</c>, or on some of <paramref name="rows"/> where there is none.</summary>
    public static HeldOut HeldOut(CausalModel policy, TrainingOptions options, IReadOnlyList<LabelledCompletion> rows, RowEncoder encoder, IMetricsSink metrics)
    {
        var held = options.Evaluation.Data.Count > 0
            ? LabelledRows.Fit(encoder.Encode(LabelledReader.Read(options.Evaluation.Data)), options.MaxLength, metrics)
            : ModelCore.Training.HeldOut.SampleOf(rows);
        return new(() => Measure(policy, held, encoder.PadId, options.BatchSize), "eval_auc", DataDigest.Of(held));
    }

    private static Dictionary<string, double> Measure(CausalModel policy, IReadOnlyList<LabelledCompletion> rows, int padId, int batchSize)
    {
        using var quiet = new EvalMode(policy);
        using var none = no_grad();
        List<double> good = [], bad = [];
        foreach (var batch in rows.OrderBy(r => r.Length).Chunk(batchSize))
        {
            using var scope = NewDisposeScope();
            var scored = AnswerLogProbs.Of(policy, [.. batch.Select(r => new PromptAnswers(r.Prompt, [r.Completion]))], padId);
            foreach (var (row, mean) in batch.Zip(SequenceLogProbs.Mean(scored.Tokens.LogProbs, scored.Mask).ToDoubles()))
            {
                (row.Label ? good : bad).Add(mean);
            }
        }

        return new(StringComparer.Ordinal)
        {
            ["eval_loss"] = good.Count == 0 ? double.NaN : -good.Average(),
            ["eval_auc"] = good.Count == 0 || bad.Count == 0 ? double.NaN : good.Average(g => bad.Average(b => g > b ? 1 : g == b ? 0.5 : 0)),
            ["eval_margin"] = good.Count == 0 || bad.Count == 0 ? double.NaN : good.Average() - bad.Average(),
        };
    }
}

using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Guards;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Recipes;

/// <summary>
/// Binary classifier optimisation on answers that carry one label each. δ, the running mean of all rewards seen, is part of the saved
/// state. With <c>udm</c>, undesirable rows are weighted by how desirable their prompts look. Dropout is off.
/// </summary>
public static class BcoRecipe
{
    /// <summary>Trains the checkpoint at <c>options.Model</c> on <paramref name="rows"/> and writes a new one.</summary>
    public static TrainingResult Run(BcoRecipeOptions options, IReadOnlyList<LabelledRow> rows, TrainingFolders folders, IMetricsSink metrics, CancellationToken cancellation)
    {
        TrainingRun.Prepare(options, metrics);
        var encoder = RowEncoder.Load(options.Model);
        var answers = LabelledRows.Fit(encoder.Encode(rows), options.MaxLength, metrics);
        LabelledRows.NeedBothLabels(answers, "BCO");
        using var tuned = TunedModel.Causal(options);
        var weights = PromptWeights.Of(options, tuned, rows, answers, encoder.PadId, metrics);
        var digests = ReferenceDigests.Of(options);
        using var reference = Reference.Create(options, tuned, digests.Reference, Task(answers, encoder.PadId), folders, metrics);
        using var moments = new SavedMoments("bco.delta");
        var inputs = new RunInputs(tuned.Trainable, options.Plan(answers.Select(a => a.Length)), DataDigest.Of(answers), digests.ToString()) { Companions = [moments.Saved] };
        inputs = inputs.With(tuned, options, encoder, folders, LabelledPreference.HeldOut(tuned.Model, options, answers, encoder, metrics));
        using var run = TrainingRun.Start(options, inputs, folders, metrics);
        run.Probe = PolicyProbe.Open(options, tuned, encoder);
        Train(tuned.Model, reference, answers, weights, moments, options, run, encoder.PadId, cancellation);
        return run.Publish(tuned, "bco", options, inputs, folders);
    }

    /// <summary>What the reference is asked: the log-probability of each answer.</summary>
    public static ReferenceTask Task(IReadOnlyList<LabelledCompletion> rows, int padId) => new(DataDigest.Of(rows), ["completion"], [.. rows.Select(r => r.Length)],
        (model, picked) => Sums(model, [.. picked.Select(i => rows[i])], padId, statistics: false).Sums.unsqueeze(0));

    /// <summary>The loop itself, on token ids.</summary>
    /// <param name="weights">One weight a row (UDM), or null for 1.</param>
    public static void Train(
        CausalModel policy, Reference reference, IReadOnlyList<LabelledCompletion> rows, double[]? weights, SavedMoments moments, BcoRecipeOptions options, TrainingRun run, int padId, CancellationToken cancellation)
    {
        while (run.Next(cancellation))
        {
            // 1. The rows of this step.
            var step = run.MicroBatches;
            var count = step.Sum(m => m.Length);
            var means = new StepMeans();
            foreach (var indices in step)
            {
                var micro = indices.Select(i => rows[i]).ToArray();
                run.Backward(() =>
                {
                    // 2. Policy log-probs, 3. the reference's, 4. δ takes these rewards in before it is used.
                    var (sums, now) = Sums(policy, micro, padId, run.Measures);
                    var theirs = reference.Of(indices, sums.dtype)[0];
                    var delta = moments.Add(BcoLoss.Rewards(sums, theirs, options.Beta).ToDoubles());

                    // 5. Loss: this micro-batch's share of the step's mean.
                    var desirable = tensor(micro.Select(r => r.Label).ToArray());
                    var result = BcoLoss.Compute(sums, theirs, desirable, delta, options.Beta, weights is null ? null : tensor(indices.Select(i => weights[i]).ToArray()));
                    means.Add("delta", delta);
                    means.Add(LabelledMetrics.Rewards(result.Rewards, sums, micro));
                    if (run.Measures)
                    {
                        means.Add(KtoLoss.TokenMetrics(now.Tokens.MeanLogits, now.Tokens.Entropy, now.Mask, desirable));
                        means.Add("packing_efficiency", now.Filled);
                    }

                    return StepShare.Of(result.Loss, micro.Length, count);
                });
            }

            // 6. Clip, update, log, save when due.
            StartingReference.Check(run, options.Reference, means);
            run.Update(step.Sum(m => m.Sum(i => (long)rows[i].Length)), means.Values, () => RowsJson.Of(step.SelectMany(m => m).Select(i => rows[i])));
        }
    }

    private static (Tensor Sums, AnswerLogProbs Scored) Sums(CausalModel model, IReadOnlyList<LabelledCompletion> rows, int padId, bool statistics)
    {
        var scored = AnswerLogProbs.Of(model, [.. rows.Select(r => new PromptAnswers(r.Prompt, [r.Completion]))], padId, statistics: statistics);
        return (SequenceLogProbs.Sum(scored.Tokens.LogProbs, scored.Mask), scored);
    }
}

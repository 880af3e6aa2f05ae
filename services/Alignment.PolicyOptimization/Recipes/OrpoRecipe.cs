using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Guards;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Recipes;

/// <summary>
/// Odds-ratio preference optimisation: supervised fine-tuning on the chosen answers and a penalty on the odds of the rejected ones, in one
/// stage and without a reference. Dropout is off. The NLL is a token mean of each micro-batch, as in TRL.
/// </summary>
public static class OrpoRecipe
{
    /// <summary>Trains the checkpoint at <c>options.Model</c> on <paramref name="rows"/> and writes a new one.</summary>
    public static TrainingResult Run(OrpoRecipeOptions options, IReadOnlyList<PreferenceRow> rows, TrainingFolders folders, IMetricsSink metrics, CancellationToken cancellation)
    {
        TrainingRun.Prepare(options, metrics);
        var encoder = RowEncoder.Load(options.Model);
        var pairs = PairTruncation.Fit(encoder.Encode(rows), options.MaxLength, metrics, options.Truncation == PairRules.KeepEnd);
        using var tuned = TunedModel.Causal(options);
        var inputs = new RunInputs(tuned.Trainable, options.Plan(pairs.Select(p => p.Length)), DataDigest.Of(pairs), FolderDigest.OfModel(options.Model));
        inputs = inputs.With(tuned, options, encoder, folders, PairPreference.HeldOut(tuned.Model, options, pairs, encoder, metrics, options.Truncation));
        using var run = TrainingRun.Start(options, inputs, folders, metrics);
        run.Probe = PolicyProbe.Open(options, tuned, encoder);
        Train(tuned.Model, pairs, options, run, encoder.PadId, cancellation);
        return run.Publish(tuned, "orpo", options, inputs, folders);
    }

    /// <summary>The loop itself, on pairs of token ids.</summary>
    public static void Train(CausalModel policy, IReadOnlyList<TokenPair> pairs, OrpoRecipeOptions options, TrainingRun run, int padId, CancellationToken cancellation)
    {
        while (run.Next(cancellation))
        {
            // 1. The pairs of this step.
            var step = run.MicroBatches.Select(m => m.Select(i => pairs[i]).ToArray()).ToList();
            var count = step.Sum(m => m.Length);
            var means = new StepMeans();
            foreach (var micro in step)
            {
                run.Backward(() =>
                {
                    // 2. One forward pass over both sides: mean log-prob of each answer's tokens.
                    var now = PairLogProbs.Of(policy, micro, padId, options.Forward with { Statistics = run.Measures });
                    Tensor chosen = PairLogProbs.Chosen(now.Means), rejected = PairLogProbs.Rejected(now.Means);

                    // 3. Loss: this micro-batch's share of the step's mean.
                    var nll = Nll(now, options.NllOver);
                    var result = OrpoLoss.Compute(chosen, rejected, nll, options.Beta);
                    means.Add(OrpoLoss.Metrics(result, chosen, rejected, nll, options.Beta));
                    PairMetrics.Tokens(means, run.Measures, now);
                    return StepShare.Of(result.Loss, micro.Length, count);
                });
            }

            // 4. Clip, update, log, save when due.
            run.Update(step.Sum(m => m.Sum(p => p.Tokens)), means.Values, () => RowsJson.Of(step.SelectMany(m => m)));
        }
    }

    private static Tensor Nll(PairLogProbs now, string over)
    {
        Tensor tokens = PairLogProbs.Chosen(now.Targets.Answers), mask = PairLogProbs.Chosen(now.Mask);
        return over switch
        {
            "prompt_and_chosen" => Masked.Sum(tokens, mask).add(now.Targets.Prompts!.sum()).neg().div(mask.sum().add(tensor(now.Targets.Prompts!.shape[0])).to_type(tokens.dtype)),
            "chosen" => now.ChosenNll(),
            _ => SftLoss.RowMean(tokens, mask),
        };
    }
}

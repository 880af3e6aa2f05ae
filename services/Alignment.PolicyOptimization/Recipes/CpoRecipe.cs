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
/// Contrastive preference optimisation, SimPO and AlphaPO: pairs without a reference model. Dropout is off. The NLL is a token mean over
/// the chosen completions of each micro-batch, as in TRL, so that accumulation is not exactly a larger batch while <c>cpo_alpha</c> &gt; 0.
/// </summary>
public static class CpoRecipe
{
    /// <summary>Trains the checkpoint at <c>options.Model</c> on <paramref name="rows"/> and writes a new one.</summary>
    public static TrainingResult Run(CpoRecipeOptions options, IReadOnlyList<PreferenceRow> rows, TrainingFolders folders, IMetricsSink metrics, CancellationToken cancellation)
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
        return run.Publish(tuned, options.Recipe, options, inputs, folders);
    }

    /// <summary>The loop itself, on pairs of token ids.</summary>
    public static void Train(CausalModel policy, IReadOnlyList<TokenPair> pairs, CpoRecipeOptions options, TrainingRun run, int padId, CancellationToken cancellation)
    {
        var lossOptions = options.ToLoss();
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
                    // 2. One forward pass over both sides: sums or means of log-probs, as the loss wants them.
                    var now = PairLogProbs.Of(policy, micro, padId, options.Forward with { Statistics = run.Measures });
                    var logProbs = lossOptions.UsesMeans ? now.Means : now.Sums;
                    Tensor chosen = PairLogProbs.Chosen(logProbs), rejected = PairLogProbs.Rejected(logProbs);

                    // 3. Loss: this micro-batch's share of the step's mean.
                    var nll = now.ChosenNll();
                    var result = CpoLoss.Compute(chosen, rejected, nll, lossOptions);
                    means.Add(DpoMetrics.Rewards(result.ChosenRewards, result.RejectedRewards, chosen, rejected));
                    means.Add("nll_loss", lossOptions.NllCoefficient == 0 ? 0 : nll.ToDouble());
                    PairMetrics.Tokens(means, run.Measures, now);
                    return StepShare.Of(result.Loss, micro.Length, count);
                });
            }

            // 4. Clip, update, log, save when due.
            run.Update(step.Sum(m => m.Sum(p => p.Tokens)), means.Values, () => RowsJson.Of(step.SelectMany(m => m)));
        }
    }
}

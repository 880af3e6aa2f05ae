using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Guards;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Recipes;

/// <summary>
/// Direct preference optimisation and its relatives. The reference's log-probabilities are computed once, before the first step, and
/// kept as a file; only TR-DPO, whose reference moves, needs a second model. Dropout is off in policy and reference. An answer that
/// does not fit into <c>max_length</c> loses its end; a pair whose prompt fills the window, or whose answers become equal, is dropped
/// and counted.
/// </summary>
public static class DpoRecipe
{
    /// <summary>Trains the checkpoint at <c>options.Model</c> on <paramref name="rows"/> and writes a new one.</summary>
    public static TrainingResult Run(DpoRecipeOptions options, IReadOnlyList<PreferenceRow> rows, TrainingFolders folders, IMetricsSink metrics, CancellationToken cancellation)
    {
        TrainingRun.Prepare(options, metrics);
        var encoder = RowEncoder.Load(options.Model);
        var pairs = PairTruncation.Fit(encoder.Encode(rows), options.MaxLength, metrics, options.Truncation == PairRules.KeepEnd);
        using var tuned = TunedModel.Causal(options);
        var digests = ReferenceDigests.Of(options);
        using var reference = Reference.Create(options, tuned, digests.Reference, Task(options, pairs, encoder.PadId), folders, metrics, live: options.ReferenceSyncSteps > 0);
        using var delta = options.BcoDelta == "running" ? new RunningDelta() : null;
        var inputs = new RunInputs(tuned.Trainable, options.Plan(pairs.Select(p => p.Length)), DataDigest.Of(pairs), digests.ToString())
        {
            Companions = [.. options.ReferenceSyncSteps > 0 ? reference.Weights : [], .. delta is null ? [] : new[] { delta.Saved }],
        };
        inputs = inputs.With(tuned, options, encoder, folders, PairPreference.HeldOut(tuned.Model, options, pairs, encoder, metrics, options.Truncation));
        using var run = TrainingRun.Start(options, inputs, folders, metrics);
        run.Probe = PolicyProbe.Open(options, tuned, encoder);
        Train(tuned.Model, reference, pairs, options, run, encoder.PadId, cancellation, delta);
        return run.Publish(tuned, "dpo", options, inputs, folders);
    }

    /// <summary>What the reference is asked: the log-probability of both sides of each pair.</summary>
    public static ReferenceTask Task(DpoRecipeOptions options, IReadOnlyList<TokenPair> pairs, int padId) => new(
        FormattableString.Invariant($"{DataDigest.Of(pairs)} {options.ReferenceForward.LdAlpha:R}"), ["chosen", "rejected"], [.. pairs.Select(p => p.Length)],
        (model, rows) => PairLogProbs.Of(model, [.. rows.Select(i => pairs[i])], padId, options.ReferenceForward).Sums.reshape(2, rows.Count));

    /// <summary>The loop itself, on pairs of token ids.</summary>
    /// <param name="delta">What <c>bco_pair</c> subtracts from rewards; null for nothing.</param>
    public static void Train(
        CausalModel policy, Reference reference, IReadOnlyList<TokenPair> pairs, DpoRecipeOptions options, TrainingRun run, int padId, CancellationToken cancellation, RunningDelta? delta = null)
    {
        var lossOptions = options.ToLoss();
        while (run.Next(cancellation))
        {
            // 1. The pairs of this step.
            var step = run.MicroBatches;
            var count = step.Sum(m => m.Length);
            var means = new StepMeans();
            foreach (var indices in step)
            {
                var micro = indices.Select(i => pairs[i]).ToArray();
                run.Backward(() =>
                {
                    // 2. Policy log-probs, one forward pass over both sides; 3. the reference's.
                    var now = PairLogProbs.Of(policy, micro, padId, options.Forward with { Statistics = run.Measures || options.UseWeighting });
                    var theirs = reference.Of(indices, now.Sums.dtype);

                    // 4. Loss: this micro-batch's share of the step's mean.
                    var inputs = Inputs(now, theirs[0], theirs[1], options);
                    var shift = delta?.Add(inputs, options.Beta);
                    var result = DpoLoss.Compute(inputs, lossOptions with { BcoDelta = shift ?? 0 });
                    means.Add(shift is { } d ? [new("delta", d)] : []);
                    means.Add(DpoMetrics.Rewards(result.ChosenRewards, result.RejectedRewards, inputs.PolicyChosen, inputs.PolicyRejected));
                    PairMetrics.Tokens(means, run.Measures, now);
                    return StepShare.Of(result.Loss, micro.Length, count);
                });
            }

            // 5. Clip, update, log, save when due; 6. TR-DPO moves the reference (before the save, which must hold both).
            run.BeforeSave = MovingReference.After(run.StepsDone + 1, options.ReferenceSyncSteps, options.ReferenceMixupAlpha, reference.Weights, policy);
            StartingReference.Check(run, options.Reference, means);
            run.Update(step.Sum(m => m.Sum(i => pairs[i].Tokens)), means.Values, () => RowsJson.Of(step.SelectMany(m => m).Select(i => pairs[i])));
        }
    }

    private static DpoInputs Inputs(PairLogProbs now, Tensor referenceChosen, Tensor referenceRejected, DpoRecipeOptions options) =>
        new(PairLogProbs.Chosen(now.Sums), PairLogProbs.Rejected(now.Sums), referenceChosen, referenceRejected)
        {
            ChosenLengths = PairLogProbs.Chosen(now.Lengths),
            RejectedLengths = PairLogProbs.Rejected(now.Lengths),
            PairWeights = options.UseWeighting ? SequenceLogProbs.WpoWeights(now.Tokens.LogProbs, now.Tokens.LogSumSquaredProbs, now.Mask) : null,
            ChosenNll = now.ChosenNll(),
        };
}

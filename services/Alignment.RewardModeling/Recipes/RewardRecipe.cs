using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using static TorchSharp.torch;

namespace Alignment.RewardModeling.Recipes;

/// <summary>
/// A reward model from pairs. The default is Bradley–Terry: −log σ(r_chosen − r_rejected − margin), mean over the pairs of the optimiser
/// step; ties, vote shares and ensembles are options. The score is read at the last real token of each sequence. Pairs longer than
/// <c>max_length</c> are dropped and counted, not cut: a cut answer would be scored without its end. Dropout is off, as in TRL.
/// </summary>
public static class RewardRecipe
{
    /// <summary>Trains on <paramref name="rows"/>; a language model at <c>options.Model</c> gets new score heads from the seed.</summary>
    public static TrainingResult Run(RewardOptions options, IReadOnlyList<PreferenceRow> rows, TrainingFolders folders, IMetricsSink metrics, CancellationToken cancellation)
    {
        TrainingRun.Prepare(options, metrics);
        var encoder = RowEncoder.Load(options.Model);
        var pairs = Fitting(options, encoder.Encode(rows), metrics);
        using var tuned = RewardHeads.Open(options);
        using var tie = options.Ties is null ? null : new TieParameter();
        var inputs = new RunInputs([.. tuned.Trainable, .. tie is null ? [] : new[] { tie.Trainable }], options.Plan(pairs.Select(p => p.Length)), DataDigest.Of(pairs), FolderDigest.OfModel(options.Model));
        var heldOut = options.Evaluation.Data.Count > 0 ? Fitting(options, encoder.Encode(PreferenceReader.Read(options.Evaluation.Data)), metrics) : HeldOut.SampleOf(pairs);
        inputs = inputs.With(tuned, options, encoder, folders, PairEvaluation.Of(tuned.Model, heldOut, encoder.PadId, options.BatchSize));
        using var run = TrainingRun.Start(options, inputs, folders, metrics);
        Train(tuned.Model, pairs, options, run, encoder.PadId, cancellation, tie);
        return RewardCheckpoint.Publish(tuned, options, inputs, run, folders, encoder, [.. pairs.Select(p => p.Answers)], tie, metrics, cancellation);
    }

    /// <summary>The loop itself, on pairs of token ids.</summary>
    public static void Train(ScoringModel model, IReadOnlyList<TokenPair> pairs, RewardOptions options, TrainingRun run, int padId, CancellationToken cancellation, TieParameter? tie = null)
    {
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
                    // 2. One forward pass over both sides: scores (B, K) each.
                    var scores = RewardHeads.Scores(model, [.. micro.Select(p => p.Answers)], padId, options.Layout);
                    Tensor chosen = scores.narrow(0, 0, micro.Length), rejected = scores.narrow(0, micro.Length, micro.Length);

                    // 3. Loss: this micro-batch's share of the step's mean.
                    var loss = PairRewardLosses.Compute(chosen, rejected, micro, indices, options, tie?.For(options));
                    means.Add(PairwiseRewardLoss.Metrics(chosen.mean([1L]), rejected.mean([1L])));
                    if (options.Heads > 1)
                    {
                        means.Add("uncertainty", chosen.sub(rejected).detach().std(1, unbiased: false).mean().ToDouble());
                    }

                    return StepShare.Of(loss, micro.Length, count);
                });
            }

            // 4. Clip, update, log, save when due.
            run.Update(step.Sum(m => m.Sum(i => pairs[i].Tokens)), means.Values, () => RowsJson.Of(step.SelectMany(m => m).Select(i => pairs[i])));
        }
    }

    /// <summary>Scores of both sides of B pairs, (B) each: the mean of the heads.</summary>
    public static (Tensor Chosen, Tensor Rejected) Scores(ScoringModel model, IReadOnlyList<TokenPair> pairs, int padId)
    {
        var scores = RewardHeads.Scores(model, [.. pairs.Select(p => p.Answers)], padId, AnswerLayout.Separate).mean([1L]);
        return (scores.narrow(0, 0, pairs.Count), scores.narrow(0, pairs.Count, pairs.Count));
    }

    private static List<TokenPair> Fitting(RewardOptions options, IReadOnlyList<TokenPair> encoded, IMetricsSink metrics)
    {
        var fitting = encoded.Where(p => p.Length <= options.MaxLength).ToList();
        if (fitting.Count < encoded.Count)
        {
            metrics.Event(new(0, "rows_dropped", $"{encoded.Count - fitting.Count} of {encoded.Count} pairs are longer than {options.MaxLength} tokens and were dropped"));
        }

        var kept = options.Loss == "bradley_terry" ? fitting.Where(p => !(p.TieShare >= 1)).ToList() : fitting;
        if (kept.Count < fitting.Count)
        {
            metrics.Event(new(0, "rows_dropped", $"{fitting.Count - kept.Count} of {encoded.Count} pairs are ties, which loss: bradley_terry cannot use; soft_labels, rao_kupper and davidson can"));
        }

        return kept.Count > 0 ? kept : throw new DataException([new("data", 0, null, "no pair fits.", $"Raise max_length (now {options.MaxLength}).")]);
    }
}

using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using static TorchSharp.torch;

namespace Alignment.RewardModeling.Recipes;

/// <summary>
/// A Bradley–Terry reward model: −log σ(r_chosen − r_rejected − margin), mean over the pairs of the optimiser step. The score is read
/// at the last real token of each sequence. Pairs longer than <c>max_length</c> are dropped and counted, not cut: a cut answer would
/// be scored without its end. Dropout is off, as in TRL.
/// </summary>
public static class RewardRecipe
{
    /// <summary>Trains on <paramref name="rows"/>; a language model at <c>options.Model</c> gets a new score head from the seed.</summary>
    public static TrainingResult Run(RewardOptions options, IReadOnlyList<PreferenceRow> rows, TrainingFolders folders, IMetricsSink metrics, CancellationToken cancellation)
    {
        TrainingRun.Prepare(options);
        var encoder = RowEncoder.Load(options.Model);
        var pairs = Fitting(options, encoder.Encode(rows), metrics);
        using var tuned = TunedModel.Scoring(options);
        var inputs = new RunInputs(tuned.Trainable, options.Plan(pairs.Select(p => p.Length)), DataDigest.Of(pairs), FolderDigest.OfModel(options.Model));
        var heldOut = options.Evaluation.Data.Count > 0 ? Fitting(options, encoder.Encode(PreferenceReader.Read(options.Evaluation.Data)), metrics) : HeldOut.SampleOf(pairs);
        inputs = inputs.With(tuned, options, encoder, folders, PairEvaluation.Of(tuned.Model, heldOut, encoder.PadId, options.BatchSize));
        using var run = TrainingRun.Start(options, inputs, folders, metrics);
        Train(tuned.Model, pairs, options, run, encoder.PadId, cancellation);
        return run.Result(CheckpointPublication.Publish(folders, folder =>
        {
            tuned.Save(folder);
            TrainingRecord.Write(folder, "reward", options, inputs, run);
        }));
    }

    /// <summary>The loop itself, on pairs of token ids.</summary>
    public static void Train(ScoringModel model, IReadOnlyList<TokenPair> pairs, RewardOptions options, TrainingRun run, int padId, CancellationToken cancellation)
    {
        while (run.Next(cancellation))
        {
            // 1. The pairs of this step.
            var step = run.MicroBatches.Select(b => b.Select(i => pairs[i]).ToArray()).ToList();
            var count = step.Sum(m => m.Length);
            var means = new StepMeans();
            foreach (var micro in step)
            {
                run.Backward(() =>
                {
                    // 2. One forward pass over both sides, chosen first: scores (2B).
                    var (chosen, rejected) = Scores(model, micro, padId);

                    // 3. Loss: this micro-batch's share of the step's mean.
                    var margins = options.UseMargins && micro.Any(p => !double.IsNaN(p.Margin))
                        ? tensor(micro.Select(p => double.IsNaN(p.Margin) ? 0 : p.Margin).ToArray()) : null;
                    var result = PairwiseRewardLoss.Compute(chosen, rejected, margins, options.CenterRewardsCoefficient > 0 ? options.CenterRewardsCoefficient : null, options.Regularisation.LabelSmoothing);
                    means.Add(PairwiseRewardLoss.Metrics(chosen, rejected));
                    return result.Loss.mul(Share(micro.Length, count, result.Loss.dtype));
                });
            }

            // 4. Clip, update, log, save when due.
            run.Update(step.Sum(m => m.Sum(p => (2L * p.Prompt.Length) + p.Chosen.Length + p.Rejected.Length)), means.Values, () => RowsJson.Of(step.SelectMany(m => m)));
        }
    }

    /// <summary>Scores of both sides of B pairs, (B) each.</summary>
    public static (Tensor Chosen, Tensor Rejected) Scores(ScoringModel model, IReadOnlyList<TokenPair> pairs, int padId)
    {
        var batch = TokenBatch.Of([.. pairs.Select(p => p.ChosenRow), .. pairs.Select(p => p.RejectedRow)], padId);
        var scores = ScoringModel.Pool(model.AllScores(batch.InputIds), batch.LastPositions).squeeze(-1);
        return (scores.narrow(0, 0, pairs.Count), scores.narrow(0, pairs.Count, pairs.Count));
    }

    private static Tensor Share(int part, int whole, ScalarType type) => tensor((double)part / whole, type);

    private static List<TokenPair> Fitting(RewardOptions options, IReadOnlyList<TokenPair> encoded, IMetricsSink metrics)
    {
        var kept = encoded.Where(p => p.Length <= options.MaxLength).ToList();
        if (kept.Count < encoded.Count)
        {
            metrics.Event(new(0, "rows_dropped", $"{encoded.Count - kept.Count} of {encoded.Count} pairs are longer than {options.MaxLength} tokens and were dropped"));
        }

        return kept.Count > 0 ? kept : throw new DataException([new("data", 0, null, "no pair fits.", $"Raise max_length (now {options.MaxLength}).")]);
    }
}

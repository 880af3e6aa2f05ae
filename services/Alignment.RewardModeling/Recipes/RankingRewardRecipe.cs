using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using static TorchSharp.torch;

namespace Alignment.RewardModeling.Recipes;

/// <summary>
/// A reward model from whole rankings: Plackett–Luce over the order of one prompt's answers, ties summed over their orders, or the mean over
/// all pairs of the ranking (Ouyang et al. 2022). All answers to a prompt are in one micro-batch and share its computation; a batch
/// counts prompts. Rankings with an answer longer than <c>max_length</c> are dropped and counted.
/// </summary>
public static class RankingRewardRecipe
{
    /// <summary>Trains on <paramref name="rows"/>; a language model at <c>options.Model</c> gets new score heads from the seed.</summary>
    public static TrainingResult Run(RewardOptions options, IReadOnlyList<RankedRow> rows, TrainingFolders folders, IMetricsSink metrics, CancellationToken cancellation)
    {
        TrainingRun.Prepare(options, metrics);
        var encoder = RowEncoder.Load(options.Model);
        var rankings = Fitting(options, encoder.Encode(rows), metrics);
        using var tuned = RewardHeads.Open(options);
        var inputs = new RunInputs(tuned.Trainable, options.Plan(rankings.Select(r => r.Group.SharedLength)), DataDigest.Of(rankings), FolderDigest.OfModel(options.Model));
        var heldOut = options.Evaluation.Data.Count > 0 ? Fitting(options, encoder.Encode(RankingReader.Read(options.Evaluation.Data)), metrics) : HeldOut.SampleOf(rankings);
        inputs = inputs.With(tuned, options, encoder, folders, new HeldOut(() => Measure(tuned.Model, heldOut, options, encoder.PadId), "eval_accuracy", DataDigest.Of(heldOut)));
        using var run = TrainingRun.Start(options, inputs, folders, metrics);
        Train(tuned.Model, rankings, options, run, encoder.PadId, cancellation);
        return RewardCheckpoint.Publish(tuned, options, inputs, run, folders, encoder, [.. rankings.Select(r => r.Group)], null, metrics, cancellation);
    }

    /// <summary>The loop itself, on token ids.</summary>
    public static void Train(ScoringModel model, IReadOnlyList<TokenRanking> rankings, RewardOptions options, TrainingRun run, int padId, CancellationToken cancellation)
    {
        while (run.Next(cancellation))
        {
            // 1. The prompts of this step, each with all of its answers.
            var step = run.MicroBatches;
            var count = step.Sum(m => m.Length);
            var means = new StepMeans();
            foreach (var indices in step)
            {
                var micro = indices.Select(i => rankings[i]).ToArray();
                run.Backward(() =>
                {
                    // 2. One forward pass: scores of every answer.
                    var scores = RewardHeads.Scores(model, [.. micro.Select(r => r.Group)], padId, options.Layout);
                    var places = Places(micro);

                    // 3. Loss: the mean over prompts and heads of each ranking's loss.
                    var losses = micro.SelectMany((r, m) => Heads(indices[m], options).Select(k => One(scores.select(1, k).index_select(0, places[m]), r.Ranks, options))).ToList();
                    means.Add("accuracy", micro.Select((r, m) => Accuracy(scores.mean([1L]).index_select(0, places[m]).ToDoubles(), r.Ranks)).Average());
                    return StepShare.Of(stack(losses).mean(), micro.Length, count);
                });
            }

            // 4. Clip, update, log, save when due.
            run.Update(step.Sum(m => m.Sum(i => (long)rankings[i].Group.SharedLength)), means.Values, () => RowsJson.Of(step.SelectMany(m => m).Select(i => rankings[i])));
        }
    }

    /// <summary>Held-out rankings: <c>eval_loss</c> and <c>eval_accuracy</c>, means over prompts of the loss on the heads' mean and of the pairs ordered alike.</summary>
    private static Dictionary<string, double> Measure(ScoringModel model, IReadOnlyList<TokenRanking> rankings, RewardOptions options, int padId)
    {
        using var quiet = new EvalMode(model);
        var (loss, right) = (0.0, 0.0);
        using (no_grad())
        {
            foreach (var batch in rankings.OrderBy(r => r.Group.SharedLength).Chunk(options.BatchSize))
            {
                using var scope = NewDisposeScope();
                var scores = RewardHeads.Scores(model, [.. batch.Select(r => r.Group)], padId, options.Layout).mean([1L]);
                var places = Places(batch);
                for (var i = 0; i < batch.Length; i++)
                {
                    var own = scores.index_select(0, places[i]);
                    (loss, right) = (loss + One(own, batch[i].Ranks, options).ToDouble(), right + Accuracy(own.ToDoubles(), batch[i].Ranks));
                }
            }
        }

        return new(StringComparer.Ordinal) { ["eval_loss"] = loss / rankings.Count, ["eval_accuracy"] = right / rankings.Count };
    }

    private static Tensor One(Tensor scores, IReadOnlyList<double> ranks, RewardOptions options) => options.Loss == "all_pairs"
        ? RankingRewardLoss.AllPairs(scores, ranks).Loss
        : RankingRewardLoss.PlackettLuceTied(scores, [.. Enumerable.Range(0, ranks.Count).GroupBy(i => ranks[i]).OrderBy(g => g.Key).Select(g => (IReadOnlyList<int>)[.. g])]);

    private static IEnumerable<int> Heads(int row, RewardOptions options) => Enumerable.Range(0, options.Heads).Where(k => EnsembleShare.Takes(row, k, options)).DefaultIfEmpty(0);

    /// <summary>Share of the ranking's pairs that the scores order alike; equal scores are wrong.</summary>
    private static double Accuracy(double[] scores, IReadOnlyList<double> ranks)
    {
        var pairs = Enumerable.Range(0, ranks.Count).SelectMany(i => Enumerable.Range(0, ranks.Count).Where(j => ranks[i] < ranks[j]).Select(j => scores[i] > scores[j] ? 1.0 : 0)).ToList();
        return pairs.Average();
    }

    /// <summary>Where each ranking's answers are among the sequences, which are numbered answer by answer.</summary>
    private static Tensor[] Places(TokenRanking[] rankings)
    {
        var places = rankings.Select(r => new long[r.Ranks.Count]).ToArray();
        var next = 0;
        for (var a = 0; a < rankings.Max(r => r.Ranks.Count); a++)
        {
            for (var r = 0; r < rankings.Length; r++)
            {
                if (a < rankings[r].Ranks.Count)
                {
                    places[r][a] = next++;
                }
            }
        }

        return [.. places.Select(p => tensor(p))];
    }

    private static List<TokenRanking> Fitting(RewardOptions options, IReadOnlyList<TokenRanking> encoded, IMetricsSink metrics)
    {
        var kept = encoded.Where(r => r.Group.Answers.All(a => r.Group.Prompt.Length + a.Length <= options.MaxLength)).ToList();
        if (kept.Count < encoded.Count)
        {
            metrics.Event(new(0, "rows_dropped", $"{encoded.Count - kept.Count} of {encoded.Count} rankings have an answer longer than {options.MaxLength} tokens and were dropped"));
        }

        return kept.Count > 0 ? kept : throw new DataException([new("data", 0, null, "no ranking fits.", $"Raise max_length (now {options.MaxLength}).")]);
    }
}

using System.Globalization;
using System.Text.Json.Nodes;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Rollouts;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Guards;
using Alignment.PolicyOptimization.Recipes.Online;

namespace Alignment.PolicyOptimization.Recipes.BestOfN;

/// <summary>
/// Best-of-n and rejection-sampling fine-tuning (Touvron et al. 2023, §3.2.3; RAFT, Dong et al. 2023; RSO, Liu et al. 2024): 1. the policy
/// answers every prompt n times, 2. the rewards score, 3. the best answers are kept, 4. the policy learns them by cross-entropy. Sampling
/// happens once, before the first step, and survives an interruption.
/// </summary>
public static class BestOfNRecipe
{
    /// <summary>Trains the checkpoint at <c>options.Model</c> on its own best answers and writes a new one.</summary>
    public static TrainingResult Run(BestOfNOptions options, IReadOnlyList<PromptRow> rows, TrainingFolders folders, IMetricsSink metrics, CancellationToken cancellation) =>
        Run(options, rows, () => RunRewards.Open(options), folders, metrics, cancellation);

    /// <summary>The same with rewards that are there already; they are disposed at the end.</summary>
    public static TrainingResult Run(BestOfNOptions options, IReadOnlyList<PromptRow> rows, Func<RewardSet> openRewards, TrainingFolders folders, IMetricsSink metrics, CancellationToken cancellation)
    {
        TrainingRun.Prepare(options, metrics);
        var prompts = OnlinePrompts.Prepare(options, rows, metrics);
        using var rewards = openRewards();
        using var policy = TunedModel.Causal(options);

        // 1. Sample and 2. score, or read what an earlier attempt has.
        var digest = OnlineDigest.Of(options);
        policy.Model.eval();
        var rollouts = new RolloutGenerator(policy.Model, prompts.Ids, options.Sampling(options.SamplesPerPrompt, prompts.Encoder.EndTokenIds), prompts.Encoder.BytesOf);
        var scorer = new ResponseScorer(rewards, prompts.Rows, ids => prompts.Encoder.Decode(ids));
        var pool = AnswerPool.FindOrMake(folders.State, AnswerPool.Identity(options, DataDigest.Of(prompts.Ids), digest), prompts.Ids.Count, options, rollouts, scorer, metrics, cancellation);
        var statistics = OrderStatistics.Of([.. pool.Select(p => p.Select(a => a.Score).ToArray())]);
        metrics.Event(statistics.ToEvent());

        // 3. Choose.
        var chosen = Choose(pool, options, metrics);
        var examples = chosen.Select(a => TokenRow.Of(prompts.Ids[a.Row], a.Ids)).ToList();

        // 4. Learn.
        var inputs = new RunInputs(policy.Trainable, options.Plan(examples.Select(e => e.Ids.Length)), DataDigest.Of(examples), digest);
        var heldOut = options.Evaluation.Data.Count > 0 ? GeneralRows.Read(options.Evaluation.Data, prompts.Encoder, options.MaxLength) : HeldOut.SampleOf(examples);
        inputs = inputs.With(policy, options, prompts.Encoder, folders, HeldOut.Of(policy.Model, heldOut, prompts.Encoder.PadId, options.BatchSize));
        using var run = TrainingRun.Start(options, inputs, folders, metrics);
        run.Probe = PolicyProbe.Open(options, policy, prompts.Encoder, rewards);
        Train(policy.Model, examples, run, prompts.Encoder.PadId, cancellation, options.Regularisation.LabelSmoothing);
        return run.Publish(policy, "best-of-n", options, inputs, folders, more: new JsonObject { ["answers_kept"] = chosen.Count, ["best_of_n"] = statistics.ToJson() });
    }

    /// <summary>Cross-entropy on the kept answers' tokens, divided by their number over the whole step.</summary>
    public static void Train(CausalModel policy, IReadOnlyList<TokenRow> rows, TrainingRun run, int padId, CancellationToken cancellation, double labelSmoothing = 0)
    {
        while (run.Next(cancellation))
        {
            var step = run.MicroBatches.Select(b => b.Select(i => rows[i]).ToArray()).ToList();
            var weight = step.Sum(m => m.Sum(r => (double)r.Targets));
            var means = new StepMeans();
            foreach (var micro in step)
            {
                run.Backward(() =>
                {
                    var batch = TokenBatch.Of(micro, padId);
                    var result = SftLoss.FromHidden(policy.Hidden(batch.InputIds), policy.HeadWeight, null, batch.Labels, weight, labelSmoothing: labelSmoothing);
                    means.Add("mean_token_accuracy", result.CorrectCount!.ToDouble() / batch.Targets);
                    return result.Loss;
                });
            }

            run.Update(step.Sum(m => m.Sum(r => (long)r.Ids.Length)), means.Values, () => RowsJson.Of(step.SelectMany(m => m)));
        }
    }

    private static List<ScoredAnswer> Choose(IReadOnlyList<ScoredAnswer[]> pool, BestOfNOptions options, IMetricsSink metrics)
    {
        var chosen = pool.SelectMany(p => AnswerChoice.Of(p, options)).ToList();
        if (chosen.Count == 0)
        {
            throw new DataException([new("data", 0, null, $"no answer is left to learn from: of {pool.Sum(p => p.Length)} answers to {pool.Count} prompts, keep: {options.Keep} takes none.", "Sample more or hotter, lower min_score, or set drop_equal: false.")]);
        }

        var all = pool.SelectMany(p => p).Where(a => !double.IsNaN(a.Score)).ToList();
        metrics.Event(new(0, "answers_kept", string.Create(CultureInfo.InvariantCulture, $"{chosen.Count} of {pool.Sum(p => p.Length)} answers to {chosen.Select(c => c.Row).Distinct().Count()} of {pool.Count} prompts are kept; mean score {chosen.Average(c => c.Score):0.####} against {all.Average(a => a.Score):0.####} of all"))
        {
            Values = new Dictionary<string, double> { ["kept"] = chosen.Count, ["sampled"] = pool.Sum(p => p.Length), ["kept_score"] = chosen.Average(c => c.Score), ["mean_score"] = all.Average(a => a.Score) },
        });
        return chosen;
    }
}

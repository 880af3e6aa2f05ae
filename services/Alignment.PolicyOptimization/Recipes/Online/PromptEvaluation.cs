using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Rollouts;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Rewards.Judging;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Recipes.Online;

/// <summary>
/// A policy on held-out prompts: it answers each once with its likeliest tokens, and the run's own rewards score the answers. <c>eval_reward</c> is
/// the mean weighted sum, <c>eval_response_length</c> the mean length in tokens, <c>eval_ended</c> the share that ended by themselves.
/// </summary>
internal static class PromptEvaluation
{
    public const string Reward = "eval_reward";

    /// <summary>On <c>evaluation.data</c>; null where there is none. A reward has no scale from 0 to 1, so that the forgetting table gets no row of it.</summary>
    /// <param name="rewards">Not disposed here.</param>
    public static HeldOut? Of(OnlineOptions options, CausalModel policy, RowEncoder encoder, RewardSet rewards, IMetricsSink metrics)
    {
        if (options.Evaluation.Data.Count == 0)
        {
            return null;
        }

        var prompts = OnlinePrompts.Prepare(options, PromptReader.Read(options.Evaluation.Data), encoder, metrics);
        var scorer = new ResponseScorer(new([.. Absolute(rewards)]), prompts.Rows, ids => encoder.Decode(ids));
        var sampling = options.Sampling(1, encoder.EndTokenIds) with { Temperature = 0, TopK = 0, TopP = 1, MinP = 0 };
        var generator = new RolloutGenerator(policy, prompts.Ids, sampling, encoder.BytesOf);
        return new(() => Measure(policy, generator, scorer, prompts.Ids.Count), null, DataDigest.Of(prompts.Ids));
    }

    // A judge compares answers to one prompt; here there is one answer to each.
    private static IEnumerable<WeightedReward> Absolute(RewardSet rewards) => rewards.Rewards.Where(r => r.Source is not JudgeReward).ToList() is { Count: > 0 } some ? some
        : throw new OptionsException(["evaluation: a judge compares answers to the same prompt, and an evaluation has one answer to each. Add a reward that scores single answers, or watch the run with guards.probe_data and guards.gold."]);

    private static Dictionary<string, double> Measure(CausalModel policy, RolloutGenerator generator, ResponseScorer scorer, int count)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var quiet = new EvalMode(policy);
        var random = get_rng_state();
        try
        {
            var answers = generator.Sample(0, [.. Enumerable.Range(0, count)], 0, CancellationToken.None);
            var scores = scorer.Score(answers, CancellationToken.None).Sums().Where(s => !double.IsNaN(s));
            return new(StringComparer.Ordinal)
            {
                [Reward] = scores.Average(), ["eval_response_length"] = answers.Average(a => a.Response.Length), ["eval_ended"] = answers.Average(a => a.Ended ? 1.0 : 0),
            };
        }
        finally
        {
            set_rng_state(random);
        }
    }
}

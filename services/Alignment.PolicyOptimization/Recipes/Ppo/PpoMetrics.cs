using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Rollouts;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Recipes.Online;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Recipes.Ppo;

/// <summary>TRL's names, and the critic's explained variance, which it lacks. Padding counts only where <c>metrics_over: slots</c> asks for TRL's numbers.</summary>
internal sealed class PpoMetrics(PpoOptions options)
{
    private readonly StepMeans means = new();
    private readonly List<double> ratios = [];

    private bool Slots => options.MetricsOver == "slots";

    /// <summary>One micro-batch of one pass.</summary>
    public void Add(PpoBatch batch, ResponseTokens now, PpoPolicyResult policy, ValueLossResult value)
    {
        using var scope = NewDisposeScope();
        var difference = now.LogProbs.detach().sub(batch.OldLogProbs);
        var mask = batch.Shaped.ResponseMask;
        double Mean(Tensor t) => (Slots ? t.mean() : Masked.Mean(t, mask)).ToDouble();
        means.Add("policy/approxkl_avg", .5 * Mean(difference.mul(difference)));
        means.Add("policy/clipfrac_avg", policy.ClipFraction.ToDouble());
        means.Add("policy/clipfrac_lower_avg", policy.LowerClipFraction.ToDouble());
        means.Add("loss/policy_avg", policy.Loss.ToDouble());
        means.Add("loss/value_avg", value.Loss.ToDouble());
        means.Add("val/clipfrac_avg", value.ClipFraction.ToDouble());
        means.Add("policy/entropy_avg", Mean(now.Entropy.detach()));
        ratios.Add(Mean(policy.Ratio));
    }

    /// <summary>The step's numbers.</summary>
    public IReadOnlyDictionary<string, double> Of(PpoParts parts, PpoBatch batch, double klCoefficient, double learningRate)
    {
        using var scope = NewDisposeScope();
        var s = batch.Shaped;
        double count = batch.Trajectories.Count, tokens = batch.Trajectories.Sum(t => t.Response.Length), kl = s.Kl.sum().ToDouble() / count;
        var values = new Dictionary<string, double>(means.Values)
        {
            ["objective/kl"] = kl,
            ["kl_per_sequence"] = kl,
            ["kl_per_token"] = kl * count / tokens,
            ["objective/kl_coefficient"] = klCoefficient,
            ["objective/entropy"] = -batch.OldLogProbs.sum().ToDouble() / count,
            ["objective/non_score_reward"] = s.NonScoreReward.sum().ToDouble() / count,
            ["objective/scores"] = batch.Scores.Average(),
            ["val/ratio"] = ratios.Average(),
            ["val/explained_variance"] = Explained(s, batch.Values),
            ["val/num_eos_tokens"] = batch.Trajectories.Sum(t => t.Response.Count(parts.EndTokenIds.Contains) + (Slots ? t.Tail.Count(parts.EndTokenIds.Contains) : 0)),
            ["lr"] = learningRate,
            ["episode"] = parts.State.Episodes,
        };
        foreach (var (name, value) in batch.Table is { } table ? RolloutMetrics.Of(parts.Scorer.Names, table, batch.RawScores, batch.Trajectories) : [])
        {
            values[name] = value;
        }

        Spread(values, "advantages", s.RawAdvantages, s.ResponseMask);
        Spread(values, "returns", s.Returns, s.ResponseMask);
        Spread(values, "values", batch.Values, s.ResponseMask);
        values["objective/rlhf_reward"] = values["objective/scores"] + values["objective/non_score_reward"];
        if (ratios.Count > 1)
        {
            values["val/ratio_var"] = ratios.Sum(r => (r - ratios.Average()) * (r - ratios.Average())) / (ratios.Count - 1);
        }

        return values;
    }

    /// <summary>verl's <c>critic/{what}/mean</c>, <c>min</c> and <c>max</c> over response tokens.</summary>
    private static void Spread(Dictionary<string, double> values, string what, Tensor numbers, Tensor mask)
    {
        var kept = numbers.masked_select(mask);
        (values[$"critic/{what}/mean"], values[$"critic/{what}/min"], values[$"critic/{what}/max"]) = (kept.mean().ToDouble(), kept.min().ToDouble(), kept.max().ToDouble());
    }

    /// <summary>1 − Var(R − V) / (Var(R) + 1e-5) over response tokens (verl).</summary>
    private static double Explained(PpoAdvantages s, Tensor values)
    {
        double Variance(Tensor t) => Masked.Variance(t, s.ResponseMask, unbiased: false).ToDouble();
        return 1 - (Variance(s.Returns.sub(values)) / (Variance(s.Returns) + 1e-5));
    }
}

using Alignment.ModelCore.Advantages;
using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Rollouts;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Recipes.Group;

/// <summary>Advantages of N responses in groups.</summary>
/// <param name="Advantages">(N), or (N, R) where every token has its own; float64.</param>
/// <param name="Deviations">N: of each response's group (or of the batch); 0 means that the group says nothing.</param>
internal sealed record GroupEstimate(Tensor Advantages, double[] Deviations)
{
    /// <summary>Share of responses without a learning signal.</summary>
    public double ZeroShare => Deviations.Average(s => Math.Abs(s) <= 1e-8 ? 1.0 : 0);

    /// <param name="kl">(N, R): old − reference log-prob per token, or null where the reward carries no KL.</param>
    /// <param name="mask">(N, R), true on response tokens.</param>
    /// <param name="greedy">Rewards of the prompts' greedy responses, one a response; ReMax only.</param>
    public static GroupEstimate Of(GroupOptions options, RewardTable table, IReadOnlyList<Trajectory> trajectories, Tensor mask, Tensor? kl, double beta, double[]? greedy)
    {
        var size = options.SamplesPerPrompt;
        var sums = kl is null ? null : Masked.RowSums(kl, mask).to_type(ScalarType.Float64).data<double>().ToArray();
        var clip = options.RewardClipMin is null && options.RewardClipMax is null ? ((double, double)?)null : (options.RewardClipMin ?? double.NegativeInfinity, options.RewardClipMax ?? double.PositiveInfinity);
        if (options.Advantages == "leave_one_out")
        {
            return Rows(LeaveOneOut.Compute(table, size, beta, sums, clip, options.NormalizeAdvantages, single: true).Result);
        }

        var shaped = Shaped(table, clip, options.Advantages == "reinforce_pp" ? null : sums, beta);
        if (options.Advantages == "group")
        {
            return Rows(GroupAdvantages.Compute(shaped, size, OptionNames.Parse<RewardScaling>(options.ScaleRewards), OptionNames.Parse<ModelCore.Advantages.RewardAggregation>(options.RewardAggregation), single: true, options.StdEpsilon));
        }

        var rewards = Complete(shaped.Sums(), options);
        int[] index = [.. Enumerable.Range(0, rewards.Length).Select(i => i / size)];
        var deviations = GroupAdvantages.Compute(new([.. rewards.Select(r => new[] { r })], [1]), size).Deviations;
        GroupEstimate Of(double[] a) => new(tensor(a), deviations);
        return options.Advantages switch
        {
            "opo" => Of(OutcomeAdvantages.Opo(rewards, [.. trajectories.Select(t => (double)t.Response.Length)], index)),
            "nemo" => Of(NemoAdvantages.Grpo(rewards, index, leaveOneOut: true, normalize: options.ScaleRewards == "group")),
            "gpg" => Of(OutcomeAdvantages.Gpg(rewards, index)),
            "pass_at_k" => Of(OutcomeAdvantages.GrpoPassK(rewards, index)),
            "reinforce_pp_baseline" => new(TokenAdvantages.ReinforcePlusPlusBaseline(rewards, index, mask, OptionNames.Parse<WhiteningDialect>(options.Whitening)), deviations),
            "reinforce_pp" => new(TokenAdvantages.ReinforcePlusPlus(Tokens(rewards, mask, kl, beta), mask, options.Gamma, OptionNames.Parse<WhiteningDialect>(options.Whitening)).Advantages, deviations),
            "remax" => Of([.. rewards.Zip(greedy ?? throw new ArgumentException("ReMax needs the greedy responses' rewards."), (r, b) => r - b)]),
            _ => throw new ArgumentException($"Unknown advantages '{options.Advantages}'."),
        };
    }

    private static GroupEstimate Rows(GroupAdvantagesResult result) => new(tensor(result.Advantages), result.Deviations);

    /// <summary>Score on the last token, −β·KL on every one. (N, R)</summary>
    private static Tensor Tokens(double[] rewards, Tensor mask, Tensor? kl, double beta)
    {
        var scores = TokenAdvantages.OnLastToken(rewards, mask);
        return kl is null ? scores : scores.sub(kl.mul(mask.to_type(kl.dtype)).to_type(ScalarType.Float64).mul(tensor(beta, ScalarType.Float64)));
    }

    /// <summary>The table with bounds on the sum and the sequence's KL in it; as it is where neither applies.</summary>
    private static RewardTable Shaped(RewardTable table, (double Min, double Max)? clip, double[]? kl, double beta)
    {
        if (clip is null && (kl is null || beta == 0))
        {
            return table;
        }

        var sums = table.Sums();
        return new([.. sums.Select((s, i) => new[] { (clip is { } c && !double.IsNaN(s) ? Math.Clamp(s, c.Min, c.Max) : s) - (kl is null ? 0 : beta * kl[i]) })], [1]);
    }

    private static double[] Complete(double[] rewards, GroupOptions options) => Array.FindIndex(rewards, double.IsNaN) is var i and >= 0
        ? throw new RewardException("sum", $"no score for response {i + 1} of {rewards.Length}; advantages: {options.Advantages} needs one for each (group and leave_one_out leave such responses out).")
        : rewards;
}

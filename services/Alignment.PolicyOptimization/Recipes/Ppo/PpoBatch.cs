using Alignment.ModelCore.Advantages;
using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Rollouts;
using Alignment.PolicyOptimization.Recipes.Online;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Recipes.Ppo;

/// <summary>A batch of responses with everything its updates need; tensors (B, R).</summary>
/// <param name="OldLogProbs">The policy's at sampling, at the sampling temperature; 0 where nothing was sampled.</param>
/// <param name="Values">The critic's at sampling; 0 beyond the value mask.</param>
/// <param name="RawScores">B: penalties subtracted.</param>
/// <param name="Scores">B: the same scaled and held within bounds.</param>
/// <param name="Shaped">Rewards, advantages, returns.</param>
public sealed record PpoBatch(IReadOnlyList<Trajectory> Trajectories, int Width, Tensor OldLogProbs, Tensor RefLogProbs, Tensor Values, double[] RawScores, double[] Scores, PpoAdvantages Shaped)
{
    /// <summary>What each source said, before penalties.</summary>
    public RewardTable? Table { get; private init; }

    /// <summary>TRL adds 1e-7 to the temperature, and so do its numbers.</summary>
    public static HeadOptions Head(PpoOptions options) => new(options.Temperature + 1e-7);

    /// <summary>Scores, shapes and turns into advantages.</summary>
    public static PpoBatch Of(PpoParts parts, PpoOptions options, IReadOnlyList<Trajectory> trajectories, CancellationToken cancellation)
    {
        // 2. Score.
        var (table, raw, scores) = Scored(parts, options, trajectories, cancellation);

        // 3. Log-probs of policy and reference, values, and the KL in the rewards.
        var width = WidthOf(options, ResponseForward.Width(trajectories));
        var head = Head(options) with { Statistics = false };
        Tensor Forward(Func<IReadOnlyList<Trajectory>, Tensor> part) => ForwardBatches.Run(trajectories, options.RolloutBatchSize, part);
        var old = Forward(t => options.OldLogProbs == "sampler" ? ResponseForward.Sampled(t, width, parts.Policy.DType) : ResponseForward.LogProbs(parts.Policy, t, width, parts.PadId, head).LogProbs);
        var reference = Forward(t => parts.Reference.Use(m => ResponseForward.LogProbs(m, t, width, parts.PadId, head).LogProbs));
        var values = Forward(t => ResponseForward.Values(parts.Critic, t, width, parts.PadId));
        var last = tensor(trajectories.Select(t => t.Response.Length - 1L).ToArray());
        var shaping = options.Shaping(parts.State.KlCoefficient);
        values = values.mul(PpoRewards.ValueMask(last, width, shaping.Slot).to_type(values.dtype));

        // 4. Advantages and returns.
        using var none = no_grad();
        return new(trajectories, width, old, reference, values, raw, scores, PpoRewards.Compute(old, reference, values, tensor(scores), last, shaping)) { Table = table };
    }

    /// <summary>The rows at these places.</summary>
    public PpoBatch Rows(IReadOnlyList<int> rows)
    {
        var index = tensor(rows.Select(r => (long)r).ToArray());
        Tensor Pick(Tensor t) => t.index_select(0, index);
        var s = Shaped;
        return new([.. rows.Select(r => Trajectories[r])], Width, Pick(OldLogProbs), Pick(RefLogProbs), Pick(Values), [.. rows.Select(r => RawScores[r])], [.. rows.Select(r => Scores[r])],
            new(Pick(s.ResponseMask), Pick(s.ValueMask), Pick(s.Kl), Pick(s.NonScoreReward), Pick(s.UnwhitenedRewards), Pick(s.Rewards), Pick(s.RawAdvantages), Pick(s.Advantages), Pick(s.Returns)));
    }

    /// <summary>R: the longest response, the slot after it where the score lands there, or every slot that was free for tokens where metrics count them.</summary>
    private static int WidthOf(PpoOptions options, int longest) => options.MetricsOver == "slots" ? Math.Max(longest, options.MaxNewTokens)
        : options.ScoreAt == "after_last_token" ? Math.Min(longest + 1, Math.Max(longest, options.MaxNewTokens)) : longest;

    private static (RewardTable Table, double[] Raw, double[] Scores) Scored(PpoParts parts, PpoOptions options, IReadOnlyList<Trajectory> trajectories, CancellationToken cancellation)
    {
        var table = parts.Scorer.Score(trajectories, cancellation);
        var sums = table.Sums();
        var unscored = Array.FindIndex(sums, double.IsNaN);
        if (unscored >= 0)
        {
            throw new RewardException(string.Join(", ", parts.Scorer.Names), $"gave no score for response {unscored + 1} of {sums.Length}; PPO needs one for each.");
        }

        var scores = sums.Select((s, i) => trajectories[i].Ended ? s : s - options.MissingEosPenalty).ToArray();
        var scale = options.ScoreScaling == "running" && parts.State.With(scores).StandardDeviation is > 0 and var std && double.IsFinite(std) ? std : 1;
        return (table, scores, [.. scores.Select(s => options.ScoreClip > 0 ? Math.Clamp(s / scale, -options.ScoreClip, options.ScoreClip) : s / scale)]);
    }
}

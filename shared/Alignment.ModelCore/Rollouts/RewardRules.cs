namespace Alignment.ModelCore.Rollouts;

/// <summary>Rewards and penalties that need no model. Lengths are in tokens.</summary>
public static class RewardRules
{
    /// <summary>TRL <c>think_format_reward</c>: 1 iff the text starts with &lt;think&gt;, has a &lt;/think&gt; and no second &lt;think&gt;.</summary>
    public static double ThinkFormat(string text)
    {
        const string Open = "<think>";
        return text.StartsWith(Open, StringComparison.Ordinal)
            && text.IndexOf(Open, Open.Length, StringComparison.Ordinal) < 0
            && text.IndexOf("</think>", Open.Length, StringComparison.Ordinal) >= 0 ? 1 : 0;
    }

    /// <summary>DAPO's soft overlong punishment (Yu et al. 2025, eq. 13): 0 up to L − C, falling to −1 at L, −1 beyond.</summary>
    public static double SoftOverlong(int length, int maxLength, int cache) =>
        length <= maxLength - cache ? 0 : length <= maxLength ? (maxLength - cache - length) / (double)cache : -1;

    /// <summary>
    /// The penalty added to a reward beyond L − buffer, in units of <paramref name="factor"/>: OpenRLHF caps it at the buffer
    /// (<paramref name="capped"/>), verl's DAPO and NeMo-RL let it fall on.
    /// </summary>
    public static double Overlong(int length, int maxLength, int buffer, double factor, bool capped)
    {
        var excess = Math.Max(0, length - (maxLength - buffer));
        return -(capped ? Math.Min(excess, buffer) : excess) / (double)buffer * factor + 0.0;
    }

    /// <summary>(1 − unique/total n-grams) · maxPenalty (Yeo et al. 2025, app. E); 0 for texts shorter than n. The penalty is negative, TRL's n is 3.</summary>
    public static double Repetition(IReadOnlyList<int> tokens, int ngram = 3, double maxPenalty = -1)
    {
        var total = tokens.Count - ngram + 1;
        if (total < 1)
        {
            return 0;
        }

        var unique = Enumerable.Range(0, total).Select(i => string.Join(',', tokens.Skip(i).Take(ngram))).Distinct(StringComparer.Ordinal).Count();
        return unique == total ? 0 : (1 - (unique / (double)total)) * maxPenalty;
    }

    /// <summary>Length-scaled correctness (Yeo et al. 2025, eq. 1): short correct answers earn most, short wrong ones least. Null stays null.</summary>
    public static double? CosineLength(bool? correct, int length, int maxLength, (double Min, double Max) wrong, (double Min, double Max) right)
    {
        if (correct is null)
        {
            return null;
        }

        var progress = Math.Min(length / (double)maxLength, 1);
        var (low, high) = correct.Value ? right : (wrong.Max, wrong.Min);
        return low + (.5 * (high - low) * (1 + Math.Cos(Math.PI * progress)));
    }

    /// <summary>Rewards of truncated responses: times the coefficient (NeMo-RL, 0 … 1); OpenRLHF replaces them by a coefficient below 0.</summary>
    public static double StopProperly(double reward, bool truncated, double coefficient) =>
        !truncated ? reward : coefficient < 0 ? coefficient : reward * coefficient;

    /// <summary>PPO and online DPO: score minus the penalty for responses without EOS.</summary>
    public static double MissingEos(double score, IReadOnlyList<int> response, int eosTokenId, double? penalty) =>
        penalty is { } p && !response.Contains(eosTokenId) ? score - p : score;
}

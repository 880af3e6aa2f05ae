using System.Globalization;
using System.Text.Json.Nodes;
using Alignment.ModelCore.Diagnostics;

namespace Alignment.PolicyOptimization.Recipes.BestOfN;

/// <summary>What choosing among more answers buys and costs on these prompts: the curve from n = 1 to all that were sampled.</summary>
/// <param name="N">1, 2, 4, … and the number sampled.</param>
/// <param name="Reward">Expected score of the best of n: the unbiased estimate (mean over all subsets of size n), mean over prompts.</param>
/// <param name="KlBound">log n − (n − 1)/n nats: how far best-of-n can be from the policy.</param>
public sealed record OrderStatistics(IReadOnlyList<int> N, IReadOnlyList<double> Reward, IReadOnlyList<double> KlBound)
{
    /// <param name="scores">The scores of each prompt's answers; prompts with one that could not be scored are left out.</param>
    public static OrderStatistics Of(IReadOnlyList<double[]> scores)
    {
        var whole = scores.Where(s => s.Length > 0 && !s.Any(double.IsNaN)).ToList();
        var most = whole.Select(s => s.Length).DefaultIfEmpty(1).Min();
        var n = Enumerable.Range(0, 31).Select(i => 1 << i).TakeWhile(i => i < most).Append(most).ToList();
        return new(n, [.. n.Select(k => whole.Count == 0 ? double.NaN : whole.Average(s => Statistics.Selection.BestOfN.Estimate(s, k)))], [.. n.Select(k => Statistics.Selection.BestOfN.KlBound(k))]);
    }

    /// <summary>As an event of the run.</summary>
    public RunEvent ToEvent()
    {
        var curve = string.Join(", ", N.Zip(Reward, (n, r) => string.Create(CultureInfo.InvariantCulture, $"{r:0.####} of {n}")));
        return new(0, "order_statistics", string.Create(CultureInfo.InvariantCulture, $"expected best score: {curve}; best of {N[^1]} is at most {KlBound[^1]:0.###} nats from the policy"))
        {
            Values = N.Zip(Reward, (n, r) => (Name: FormattableString.Invariant($"best_of_{n}"), Value: r)).Append(("kl_bound", KlBound[^1])).ToDictionary(v => v.Item1, v => v.Item2),
        };
    }

    public JsonObject ToJson() => new()
    {
        ["n"] = new JsonArray([.. N.Select(n => (JsonNode)JsonValue.Create(n))]),
        ["expected_reward"] = new JsonArray([.. Reward.Select(r => double.IsNaN(r) ? null : (JsonNode)JsonValue.Create(r))]),
        ["kl_bound"] = new JsonArray([.. KlBound.Select(k => (JsonNode)JsonValue.Create(k))]),
    };
}

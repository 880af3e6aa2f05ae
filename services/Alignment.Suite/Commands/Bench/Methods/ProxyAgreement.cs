namespace Alignment.Suite.Commands.Bench.Methods;

/// <summary>How well the reward model stands for the rubric, on answers that neither was fitted to.</summary>
internal static class ProxyAgreement
{
    /// <summary>Share of pairs of answers to one prompt that proxy and gold order alike; pairs that gold calls equal are left out. NaN without any other.</summary>
    public static double Of(IEnumerable<PolicyScores> scores)
    {
        var (alike, pairs) = (0.0, 0);
        foreach (var (gold, proxy) in scores.SelectMany(s => s.Gold.Zip(s.Proxy)))
        {
            for (var a = 0; a < gold.Length; a++)
            {
                for (var b = a + 1; b < gold.Length; b++)
                {
                    var (byGold, byProxy) = (gold[a].CompareTo(gold[b]), proxy[a].CompareTo(proxy[b]));
                    pairs += byGold == 0 ? 0 : 1;
                    alike += byGold == 0 ? 0 : byProxy == 0 ? 0.5 : byGold == byProxy ? 1 : 0;
                }
            }
        }

        return alike / pairs;
    }
}

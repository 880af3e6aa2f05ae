namespace Alignment.ModelCore.Generation.LogitsProcessors;

/// <summary>Removes tokens of probability below min(ε, √ε·e^−H), H the entropy (arXiv 2210.15191 as transformers computes it).</summary>
public sealed class EtaWarper(double epsilon, int minTokensToKeep = 1) : ILogitsProcessor
{
    public string Name => "EtaLogitsWarper";

    public void Apply(RowHistory history, Span<float> scores)
    {
        var total = Distribution.LogSumExp(scores);
        double entropy = 0;
        foreach (var s in scores)
        {
            if (s > float.NegativeInfinity)
            {
                entropy -= Math.Exp(s - total) * (s - total);
            }
        }

        var limit = total + Math.Log(Math.Min(epsilon, Math.Sqrt(epsilon) * Math.Exp(-entropy)));
        var best = Distribution.KthLargest(scores, Math.Min(minTokensToKeep, scores.Length));
        foreach (ref var s in scores)
        {
            if (s < limit && s < best)
            {
                s = float.NegativeInfinity;
            }
        }
    }
}

namespace Alignment.ModelCore.Generation.LogitsProcessors;

/// <summary>Removes tokens of probability below ε (arXiv 2210.15191).</summary>
public sealed class EpsilonWarper(double epsilon, int minTokensToKeep = 1) : ILogitsProcessor
{
    public string Name => "EpsilonLogitsWarper";

    public void Apply(RowHistory history, Span<float> scores)
    {
        var limit = Distribution.LogSumExp(scores) + Math.Log(epsilon);
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

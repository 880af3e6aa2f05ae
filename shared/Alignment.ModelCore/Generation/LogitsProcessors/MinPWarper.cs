namespace Alignment.ModelCore.Generation.LogitsProcessors;

/// <summary>Removes tokens whose probability is below min_p times the best one's (arXiv 2407.01082).</summary>
public sealed class MinPWarper(double minP, int minTokensToKeep = 1) : ILogitsProcessor
{
    public string Name => "MinPLogitsWarper";

    public void Apply(RowHistory history, Span<float> scores)
    {
        var limit = Distribution.Max(scores) + Math.Log(minP);
        var protectedScore = Distribution.KthLargest(scores, Math.Min(minTokensToKeep, scores.Length));
        foreach (ref var s in scores)
        {
            if (s < limit && s < protectedScore)
            {
                s = float.NegativeInfinity;
            }
        }
    }
}

namespace Alignment.ModelCore.Generation.LogitsProcessors;

/// <summary>Keeps the k best and everything tied with the last of them.</summary>
public sealed class TopKWarper(int topK, int minTokensToKeep = 1) : ILogitsProcessor
{
    public string Name => "TopKLogitsWarper";

    public void Apply(RowHistory history, Span<float> scores) =>
        Distribution.RemoveBelow(scores, Distribution.KthLargest(scores, Math.Min(Math.Max(topK, minTokensToKeep), scores.Length)));
}

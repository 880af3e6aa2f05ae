namespace Alignment.ModelCore.Generation.LogitsProcessors;

/// <summary>Tokens that never appear, or not as the first generated token.</summary>
public sealed class SuppressTokens(IReadOnlyList<int> tokenIds, int? onlyAtLength = null, bool onlyFirst = false) : ILogitsProcessor
{
    public string Name => onlyFirst || onlyAtLength is not null ? "SuppressTokensAtBeginLogitsProcessor" : "SuppressTokensLogitsProcessor";

    public void Apply(RowHistory history, Span<float> scores)
    {
        if (onlyFirst ? history.Length != history.PromptLength : onlyAtLength is { } at && history.Length != at)
        {
            return;
        }

        foreach (var id in tokenIds)
        {
            scores[id] = float.NegativeInfinity;
        }
    }
}

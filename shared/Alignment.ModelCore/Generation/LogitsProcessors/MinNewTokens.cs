namespace Alignment.ModelCore.Generation.LogitsProcessors;

/// <summary>No end token before this many tokens are generated.</summary>
public sealed class MinNewTokens(int minNewTokens, IReadOnlyList<int> eosTokenIds, int? promptLength = null) : ILogitsProcessor
{
    public string Name => "MinNewTokensLengthLogitsProcessor";

    public void Apply(RowHistory history, Span<float> scores)
    {
        if (history.Length - (promptLength ?? history.PromptLength) < minNewTokens)
        {
            foreach (var id in eosTokenIds)
            {
                scores[id] = float.NegativeInfinity;
            }
        }
    }
}

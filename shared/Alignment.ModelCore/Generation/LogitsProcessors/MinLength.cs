namespace Alignment.ModelCore.Generation.LogitsProcessors;

/// <summary>No end token before the row has this many ids, prompt included.</summary>
public sealed class MinLength(int minLength, IReadOnlyList<int> eosTokenIds) : ILogitsProcessor
{
    public string Name => "MinLengthLogitsProcessor";

    public void Apply(RowHistory history, Span<float> scores)
    {
        if (history.Length < minLength)
        {
            foreach (var id in eosTokenIds)
            {
                scores[id] = float.NegativeInfinity;
            }
        }
    }
}

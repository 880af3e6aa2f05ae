namespace Alignment.ModelCore.Generation.LogitsProcessors;

/// <summary>From a start on, raises the end tokens by |score|·(factorⁿ − 1), n tokens past the start.</summary>
public sealed class ExponentialDecay(int start, double factor, IReadOnlyList<int> eosTokenIds, int? promptLength = null) : ILogitsProcessor
{
    public string Name => "ExponentialDecayLengthPenalty";

    public void Apply(RowHistory history, Span<float> scores)
    {
        var past = history.Length - (promptLength ?? history.PromptLength) - start;
        if (past > 0)
        {
            foreach (var id in eosTokenIds)
            {
                scores[id] += (float)(Math.Abs(scores[id]) * (Math.Pow(factor, past) - 1));
            }
        }
    }
}

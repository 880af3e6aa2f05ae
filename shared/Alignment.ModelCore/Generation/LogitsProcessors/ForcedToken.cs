namespace Alignment.ModelCore.Generation.LogitsProcessors;

/// <summary>At one length only the given tokens remain, with score 0: the first token (forced BOS) or the last (forced EOS).</summary>
public sealed class ForcedToken(int atLength, IReadOnlyList<int> tokenIds, string name) : ILogitsProcessor
{
    public string Name => name;

    public static ForcedToken Bos(int tokenId) => new(1, [tokenId], "ForcedBOSTokenLogitsProcessor");

    /// <param name="maxLength">Longest row, prompt included; the token is forced as its last.</param>
    public static ForcedToken Eos(int maxLength, IReadOnlyList<int> tokenIds) => new(maxLength - 1, tokenIds, "ForcedEOSTokenLogitsProcessor");

    public void Apply(RowHistory history, Span<float> scores)
    {
        if (history.Length == atLength)
        {
            scores.Fill(float.NegativeInfinity);
            foreach (var id in tokenIds)
            {
                scores[id] = 0;
            }
        }
    }
}

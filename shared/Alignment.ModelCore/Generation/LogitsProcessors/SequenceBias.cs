namespace Alignment.ModelCore.Generation.LogitsProcessors;

/// <summary>Adds a bias to single tokens, and to the last token of a sequence when the row ends with the others; biases add up.</summary>
public sealed class SequenceBias(IReadOnlyList<(IReadOnlyList<int> Ids, double Bias)> biases, string name = "SequenceBiasLogitsProcessor") : ILogitsProcessor
{
    public string Name => name;

    /// <summary>Sequences that must not be completed; one that is exactly an end token is ignored.</summary>
    public static SequenceBias BadWords(IEnumerable<IReadOnlyList<int>> words, IReadOnlyList<int> eosTokenIds) =>
        new([.. words.Where(w => !(w.Count == 1 && eosTokenIds.Contains(w[0]))).Select(w => (w, double.NegativeInfinity))], "NoBadWordsLogitsProcessor");

    public void Apply(RowHistory history, Span<float> scores)
    {
        var added = new Dictionary<int, float>();
        var ids = history.AsSpan();
        foreach (var (sequence, bias) in biases)
        {
            if (sequence.Count == 1 || (sequence.Count <= ids.Length && EndsWith(ids, sequence)))
            {
                added[sequence[^1]] = added.GetValueOrDefault(sequence[^1]) + (float)bias;
            }
        }

        foreach (var (id, bias) in added)
        {
            scores[id] += bias;
        }
    }

    private static bool EndsWith(ReadOnlySpan<int> ids, IReadOnlyList<int> sequence)
    {
        for (var i = 0; i < sequence.Count - 1; i++)
        {
            if (ids[ids.Length - sequence.Count + 1 + i] != sequence[i])
            {
                return false;
            }
        }

        return true;
    }
}

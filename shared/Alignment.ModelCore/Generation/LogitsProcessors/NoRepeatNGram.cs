namespace Alignment.ModelCore.Generation.LogitsProcessors;

/// <summary>Removes every token that would complete an n-gram that the row holds already.</summary>
public sealed class NoRepeatNGram(int size) : ILogitsProcessor
{
    public string Name => "NoRepeatNGramLogitsProcessor";

    public void Apply(RowHistory history, Span<float> scores)
    {
        var ids = history.AsSpan();
        if (ids.Length + 1 < size)
        {
            return;
        }

        var prefix = ids[(ids.Length - size + 1)..];
        for (var i = 0; i + size <= ids.Length; i++)
        {
            if (ids.Slice(i, size - 1).SequenceEqual(prefix))
            {
                scores[ids[i + size - 1]] = float.NegativeInfinity;
            }
        }
    }
}

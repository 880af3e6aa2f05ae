namespace Alignment.Text.Templates;

/// <summary>Which tokens of a rendered conversation the assistant wrote.</summary>
public static class AssistantMask
{
    /// <summary>
    /// 1 for tokens inside a generation span, else 0, by transformers' rules: the token of the span's first code point to that of its last;
    /// a span whose start has no token ends the search; one whose end has none (or token 0) reaches to the end of the sequence.
    /// </summary>
    /// <param name="offsets">[start, end) of each token in code points of the text.</param>
    public static int[] Of(IReadOnlyList<(int Start, int End)> offsets, IReadOnlyList<GenerationSpan> spans)
    {
        var mask = new int[offsets.Count];
        foreach (var span in spans)
        {
            var first = TokenAt(offsets, span.Start);
            if (first < 0)
            {
                break;
            }

            var last = TokenAt(offsets, span.End - 1);
            for (var i = first; i < (last > 0 ? last + 1 : mask.Length); i++)
            {
                mask[i] = 1;
            }
        }

        return mask;
    }

    private static int TokenAt(IReadOnlyList<(int Start, int End)> offsets, int position)
    {
        for (var i = 0; i < offsets.Count; i++)
        {
            if (position >= offsets[i].Start && position < offsets[i].End)
            {
                return i;
            }
        }

        return -1;
    }
}

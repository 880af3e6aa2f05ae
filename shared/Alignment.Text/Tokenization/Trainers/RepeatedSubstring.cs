namespace Alignment.Text.Tokenization.Trainers;

/// <summary>A substring of joined texts, and how often it occurs.</summary>
internal readonly record struct RepeatedSubstring(int Start, int Length, int Count)
{
    public bool HasSeparator(int[] text) => text.AsSpan(Start, Length).Contains(0);

    /// <summary>What lies between the separators, of two characters or more.</summary>
    public IEnumerable<int[]> Parts(int[] text)
    {
        var start = Start;
        for (var i = Start; i <= Start + Length; i++)
        {
            if (i == Start + Length || text[i] == 0)
            {
                if (i - start > 1)
                {
                    yield return text[start..i];
                }

                start = i + 1;
            }
        }
    }
}

namespace Alignment.Text.Tokenization.Unicode;

/// <summary>
/// Unicode normalisation that also tells, per resulting code point, whether it replaces (0), is new (1) or swallowed n
/// others (−n), as the tokenizers library's alignments need it.
/// </summary>
internal static class Normalization
{
    public static List<(int Char, int Change)> Apply(ReadOnlySpan<int> text, bool compatibility, bool compose)
    {
        var decomposed = Decompose(text, compatibility);
        return compose ? Compose(decomposed) : decomposed;
    }

    /// <summary>Whether the text has nothing that any form would change.</summary>
    public static bool IsPlain(ReadOnlySpan<int> text) => text.IndexOfAnyInRange(0xA0, int.MaxValue) < 0;

    private static List<(int Char, int Change)> Decompose(ReadOnlySpan<int> text, bool compatibility)
    {
        var data = NormalizationData.Current;
        var result = new List<(int Char, int Change)>(text.Length + 8);
        var parts = new List<int>();
        var sorted = 0;
        foreach (var c in text)
        {
            parts.Clear();
            data.Decompose(c, compatibility, parts);
            for (var i = 0; i < parts.Count; i++)
            {
                if (data.Class(parts[i]) == 0)
                {
                    Reorder(result, sorted, data);
                    sorted = result.Count + 1;
                }

                result.Add((parts[i], i == 0 ? 0 : 1));
            }
        }

        Reorder(result, sorted, data);
        return result;
    }

    // Stable insertion sort of the marks at the end by combining class; long runs go through a stable library sort.
    private static void Reorder(List<(int Char, int Change)> result, int from, NormalizationData data)
    {
        if (result.Count - from < 2)
        {
            return;
        }

        var marks = result.Skip(from).OrderBy(m => data.Class(m.Char)).ToList();
        for (var i = 0; i < marks.Count; i++)
        {
            result[from + i] = marks[i];
        }
    }

    private static List<(int Char, int Change)> Compose(List<(int Char, int Change)> text)
    {
        var data = NormalizationData.Current;
        var result = new List<(int Char, int Change)>(text.Count);
        var marks = new List<(int Char, int Change)>();
        (int Char, int Change)? starter = null;
        var last = -1;
        foreach (var (c, change) in text)
        {
            var combining = data.Class(c);
            if (starter is not { } s)
            {
                if (combining != 0)
                {
                    result.Add((c, change));
                }
                else
                {
                    starter = (c, change);
                }

                continue;
            }

            // Blocked: an equal or higher class stands between.
            var composed = last < 0 || last < combining ? data.Compose(s.Char, c) : -1;
            if (composed >= 0)
            {
                starter = (composed, s.Change + change - 1);
            }
            else if (combining != 0)
            {
                marks.Add((c, change));
                last = combining;
            }
            else
            {
                result.Add(s);
                result.AddRange(marks);
                marks.Clear();
                (starter, last) = ((c, change), -1);
            }
        }

        if (starter is { } tail)
        {
            result.Add(tail);
        }

        result.AddRange(marks);
        return result;
    }
}

using System.Collections.Concurrent;

namespace Alignment.Text.Tokenization.Patterns;

/// <summary>
/// A compiled regular expression over code points with Oniguruma's meaning: leftmost match, first alternative wins, no
/// capture. .NET's own engine works on UTF-16 units, where <c>\p{L}</c> misses every letter outside the first plane.
/// </summary>
internal sealed class Pattern
{
    private static readonly ConcurrentDictionary<string, Pattern> Cache = new(StringComparer.Ordinal);

    private readonly Instruction[] code;
    private readonly int registers;
    private readonly CharSet? first;

    private Pattern(PatternNode tree)
    {
        (code, registers) = PatternCompiler.Compile(tree);
        first = tree.First;
    }

    public static Pattern Parse(string source)
    {
        if (Cache.TryGetValue(source, out var known))
        {
            return known;
        }

        var pattern = new Pattern(PatternParser.Parse(source));
        if (Cache.Count < 64)
        {
            Cache.TryAdd(source, pattern);
        }

        return pattern;
    }

    /// <summary>Matches the text literally.</summary>
    public static Pattern Literal(string text) =>
        new(new PatternNode.Sequence([.. CodePoints.Of(text).Select(c => new PatternNode.Set(CharSet.Of(c)))]));

    /// <summary>
    /// All matches, left to right. An empty match right after the previous match is skipped, as Oniguruma's iterator does.
    /// </summary>
    public void FindAll(ReadOnlySpan<int> text, List<(int Start, int End)> matches)
    {
        matches.Clear();
        var matcher = PatternMatcher.Rent(code, registers);
        var lastEnd = -1;
        for (var at = 0; at <= text.Length;)
        {
            if (!Search(matcher, text, at, out var start, out var end))
            {
                break;
            }

            if (start == end && end == lastEnd)
            {
                at = Math.Max(at, end) + 1;
                continue;
            }

            matches.Add((start, end));
            at = lastEnd = end;
        }
    }

    public bool IsMatch(ReadOnlySpan<int> text) => Search(PatternMatcher.Rent(code, registers), text, 0, out _, out _);

    private bool Search(PatternMatcher matcher, ReadOnlySpan<int> text, int from, out int start, out int end)
    {
        matcher.Begin(text.Length, from);
        for (start = from; start <= text.Length; start++)
        {
            if (first is not null)
            {
                while (start < text.Length && !first.Contains(text[start]))
                {
                    start++;
                }

                if (start == text.Length)
                {
                    break;
                }
            }

            if ((end = matcher.Match(text, 0, start)) >= 0)
            {
                return true;
            }
        }

        end = -1;
        return false;
    }
}

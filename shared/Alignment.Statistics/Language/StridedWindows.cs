namespace Alignment.Statistics.Language;

/// <summary>
/// One window of a long text: tokens <paramref name="Begin"/>…<paramref name="End"/>−1 go through the model, and positions
/// from <paramref name="ScoreFrom"/> on are scored (the first of a window never can be).
/// </summary>
public readonly record struct ScoringWindow(int Begin, int End, int ScoreFrom)
{
    public int ScoredTokens => End - ScoreFrom;
}

/// <summary>Windows that score every token of a text longer than the model's context once, with earlier tokens as context.</summary>
public static class StridedWindows
{
    /// <summary>A window starts every <paramref name="stride"/> tokens; the one that reaches the end is the last.</summary>
    public static IEnumerable<ScoringWindow> Over(int tokens, int window, int stride)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(window, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(stride, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(stride, window);
        var scored = 0;
        for (var begin = 0; begin < tokens; begin += stride)
        {
            var end = Math.Min(begin + window, tokens);
            yield return new(begin, end, Math.Min(end, Math.Max(begin + 1, scored)));
            scored = end;
            if (end == tokens)
            {
                yield break;
            }
        }
    }
}

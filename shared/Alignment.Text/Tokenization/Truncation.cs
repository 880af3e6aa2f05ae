namespace Alignment.Text.Tokenization;

public enum TokenSide
{
    Left,
    Right,
}

public enum TruncationStrategy
{
    LongestFirst,
    OnlyFirst,
    OnlySecond,
}

/// <summary>Cutting of texts that are too long, special tokens counted in.</summary>
/// <param name="MaxLength">Most tokens of a result.</param>
/// <param name="Stride">Tokens that neighbouring windows share.</param>
/// <param name="Side">Which end is cut off.</param>
public sealed record Truncation(int MaxLength, TruncationStrategy Strategy = TruncationStrategy.LongestFirst, int Stride = 0, TokenSide Side = TokenSide.Right)
{
    internal (TokenizedText First, TokenizedText? Second) Apply(TokenizedText first, TokenizedText? second, int addedTokens)
    {
        var max = MaxLength - addedTokens;
        if (max < 0)
        {
            // Less room than the special tokens need: upstream leaves the text alone.
            return (first, second);
        }

        if (max == 0)
        {
            return (Cut(first, 0), second is null ? null : Cut(second, 0));
        }

        var total = first.Length + (second?.Length ?? 0);
        if (total <= max)
        {
            return (first, second);
        }

        if (Strategy == TruncationStrategy.LongestFirst)
        {
            if (second is null)
            {
                return (Cut(first, max), null);
            }

            var (a, b) = Share(first.Length, second.Length, max);
            return (Cut(first, a), Cut(second, b));
        }

        var target = Strategy == TruncationStrategy.OnlyFirst ? first : second ?? throw new TokenizerException("Truncation of the second text, but there is only one.");
        var length = target.Length - (total - max);
        if (length <= 0)
        {
            throw new TokenizerException($"Truncation: the text to cut has {target.Length} tokens, too few to reach {MaxLength} in all.");
        }

        return ReferenceEquals(target, first) ? (Cut(first, length), second) : (first, Cut(second!, length));
    }

    // The shorter text is kept whole when the longer can pay for both; otherwise each gets half.
    private static (int A, int B) Share(int a, int b, int max)
    {
        var (small, large) = a > b ? (b, a) : (a, b);
        large = small > max ? small : Math.Max(small, max - small);
        if (small + large > max)
        {
            small = max / 2;
            large = small + (max % 2);
        }

        return a > b ? (large, small) : (small, large);
    }

    private TokenizedText Cut(TokenizedText text, int max)
    {
        if (max >= text.Length)
        {
            return text;
        }

        if (max == 0)
        {
            var empty = TokenizedText.Empty;
            empty.Overflowing = [text];
            return empty;
        }

        if (Stride >= max)
        {
            throw new TokenizerException($"Truncation: the stride ({Stride}) must be smaller than the {max} tokens that remain for the text.");
        }

        var windows = new List<TokenizedText>();
        var step = max - Stride;
        if (Side == TokenSide.Right)
        {
            for (var start = 0; windows.Count == 0 || start - step + max < text.Length; start += step)
            {
                windows.Add(text.Window(start, Math.Min(start + max, text.Length)));
            }
        }
        else
        {
            for (var end = text.Length; windows.Count == 0 || end + step - max > 0; end -= step)
            {
                windows.Add(text.Window(Math.Max(0, end - max), end));
            }
        }

        windows[0].Overflowing = windows[1..];
        return windows[0];
    }
}

/// <summary>Filling of texts up to a common length.</summary>
/// <param name="Length">Fixed length; null pads to the longest of the batch.</param>
/// <param name="ToMultipleOf">Rounds the length up; null or 0 does not.</param>
public sealed record Padding(int PadId, string PadToken, TokenSide Side = TokenSide.Right, int? Length = null, int? ToMultipleOf = null, int PadTypeId = 0)
{
    internal void Apply(IReadOnlyList<TokenizedText> batch)
    {
        var length = Length ?? batch.Select(t => t.Length).DefaultIfEmpty(0).Max();
        if (ToMultipleOf is > 0 and var multiple)
        {
            length = (length + multiple - 1) / multiple * multiple;
        }

        foreach (var text in batch)
        {
            Fill(text, length);
        }
    }

    private void Fill(TokenizedText text, int length)
    {
        foreach (var window in text.Overflowing)
        {
            Fill(window, length);
        }

        var missing = length - text.Length;
        if (missing <= 0)
        {
            return;
        }

        text.Ids = Fill(text.Ids, missing, PadId);
        text.Tokens = Fill(text.Tokens, missing, PadToken);
        text.Offsets = Fill(text.Offsets, missing, (0, 0));
        text.TypeIds = Fill(text.TypeIds, missing, PadTypeId);
        text.SpecialTokensMask = Fill(text.SpecialTokensMask, missing, 1);
        text.AttentionMask = Fill(text.AttentionMask, missing, 0);
        if (Side == TokenSide.Left)
        {
            foreach (var s in text.Ranges.Keys.ToList())
            {
                text.Ranges[s] = (text.Ranges[s].Start + missing, text.Ranges[s].End + missing);
            }
        }
    }

    private T[] Fill<T>(T[] values, int missing, T value)
    {
        var pad = new T[missing];
        Array.Fill(pad, value);
        return Side == TokenSide.Left ? [.. pad, .. values] : [.. values, .. pad];
    }
}

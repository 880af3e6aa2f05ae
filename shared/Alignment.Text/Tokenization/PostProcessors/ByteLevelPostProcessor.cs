using Alignment.Text.Tokenization.Patterns;

namespace Alignment.Text.Tokenization.PostProcessors;

/// <summary>Takes the blanks that a byte-level token carries out of its offsets.</summary>
internal sealed class ByteLevelPostProcessor(bool trimOffsets, bool addPrefixSpace) : IPostProcessor
{
    public int AddedTokens(bool pair) => 0;

    public List<TokenizedText> Process(List<TokenizedText> texts, bool addSpecialTokens)
    {
        for (var i = 0; i < texts.Count; i++)
        {
            if (trimOffsets)
            {
                TrimAll(texts[i], addPrefixSpace);
            }

            texts[i].Ranges[i] = (0, texts[i].Length);
        }

        return texts;
    }

    /// <summary>Trims a text and its other windows.</summary>
    public static void TrimAll(TokenizedText text, bool addPrefixSpace)
    {
        Trim(text, addPrefixSpace);
        foreach (var window in text.Overflowing)
        {
            Trim(window, addPrefixSpace);
        }
    }

    private static void Trim(TokenizedText text, bool addPrefixSpace)
    {
        text.Offsets = [.. text.Offsets];
        for (var i = 0; i < text.Length; i++)
        {
            var token = text.Tokens[i];
            var leading = 0;
            while (leading < token.Length && IsBlank(token[leading]))
            {
                leading++;
            }

            var trailing = 0;
            while (trailing < token.Length && IsBlank(token[^(trailing + 1)]))
            {
                trailing++;
            }

            var (start, end) = text.Offsets[i];
            if (leading == 1 && addPrefixSpace && (i == 0 || start == 0))
            {
                // The one blank that was put there is not in the text.
                leading = 0;
            }

            start = leading > 0 ? Math.Min(start + leading, end) : start;
            end = trailing > 0 && end >= trailing ? Math.Max(end - trailing, start) : end;
            text.Offsets[i] = (start, end);
        }
    }

    private static bool IsBlank(char c) => c == 'Ġ' || CharProperties.IsSpace(c);
}

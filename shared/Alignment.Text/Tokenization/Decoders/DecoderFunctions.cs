using System.Text;
using Alignment.Text.Tokenization.Patterns;

namespace Alignment.Text.Tokenization.Decoders;

/// <summary>The decoders of <c>tokenizer.json</c> files that are plain functions.</summary>
internal static class DecoderFunctions
{
    public static string Metaspace(string token, int index, int replacement, bool dropFirst)
    {
        var b = new StringBuilder(token.Length);
        foreach (var rune in token.EnumerateRunes())
        {
            if (rune.Value != replacement)
            {
                b.Append(rune);
            }
            else if (index > 0 || !dropFirst)
            {
                b.Append(' ');
            }
        }

        return b.ToString();
    }

    public static string WordPiece(string token, int index, string prefix, bool cleanUp)
    {
        if (index > 0)
        {
            token = token.StartsWith(prefix, StringComparison.Ordinal) ? token[prefix.Length..] : " " + token;
        }

        return cleanUp ? CleanUp(token) : token;
    }

    /// <summary>The spacing rules that WordPiece and CTC decoders share.</summary>
    public static string CleanUp(string text) => text.Replace(" .", ".", StringComparison.Ordinal).Replace(" ?", "?", StringComparison.Ordinal)
        .Replace(" !", "!", StringComparison.Ordinal).Replace(" ,", ",", StringComparison.Ordinal).Replace(" ' ", "'", StringComparison.Ordinal)
        .Replace(" n't", "n't", StringComparison.Ordinal).Replace(" 'm", "'m", StringComparison.Ordinal).Replace(" do not", " don't", StringComparison.Ordinal)
        .Replace(" 's", "'s", StringComparison.Ordinal).Replace(" 've", "'ve", StringComparison.Ordinal).Replace(" 're", "'re", StringComparison.Ordinal);

    /// <summary>Connectionist temporal classification: repeats collapse, padding vanishes.</summary>
    public static List<string> Ctc(List<string> tokens, string pad, string delimiter, bool cleanUp)
    {
        var result = new List<string>();
        for (var i = 0; i < tokens.Count; i++)
        {
            if (i > 0 && tokens[i] == tokens[i - 1])
            {
                continue;
            }

            var text = pad.Length > 0 ? tokens[i].Replace(pad, "", StringComparison.Ordinal) : tokens[i];
            if (cleanUp)
            {
                text = CleanUp(text);
                text = delimiter.Length > 0 ? text.Replace(delimiter, " ", StringComparison.Ordinal) : text;
            }

            if (text.Length > 0)
            {
                result.Add(text);
            }
        }

        return result;
    }

    /// <summary>Takes up to <paramref name="start"/> copies of a character off the front and up to <paramref name="stop"/> off the end.</summary>
    public static string Strip(string token, int content, int start, int stop)
    {
        var chars = CodePoints.Of(token);
        var from = 0;
        while (from < Math.Min(start, chars.Length) && chars[from] == content)
        {
            from++;
        }

        var to = chars.Length;
        while (chars.Length - to < stop && to > from && chars[to - 1] == content)
        {
            to--;
        }

        return CodePoints.ToText(chars.AsSpan(from, to - from));
    }

    public static string Replace(string token, Pattern pattern, string content)
    {
        var chars = CodePoints.Of(token);
        var matches = new List<(int Start, int End)>();
        pattern.FindAll(chars, matches);
        if (matches.Count == 0)
        {
            return token;
        }

        var b = new StringBuilder(token.Length);
        var done = 0;
        foreach (var (start, end) in matches)
        {
            b.Append(CodePoints.ToText(chars.AsSpan(done, start - done))).Append(content);
            done = end;
        }

        return b.Append(CodePoints.ToText(chars.AsSpan(done))).ToString();
    }
}

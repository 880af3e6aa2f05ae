namespace Alignment.Text.Tokenization;

/// <summary>
/// Decodes one id at a time and hands out text as soon as it is certain: never half a character. Keeps only the few ids
/// that the next piece may depend on.
/// </summary>
public sealed class StreamDecoder
{
    private readonly Tokenizer tokenizer;
    private readonly bool skipSpecialTokens;
    private readonly List<int> ids = [];
    private string prefix = "";
    private int prefixIndex;

    internal StreamDecoder(Tokenizer tokenizer, bool skipSpecialTokens)
    {
        this.tokenizer = tokenizer;
        this.skipSpecialTokens = skipSpecialTokens;
    }

    /// <summary>The text that has become certain with this id, or null when more ids are needed.</summary>
    public string? Step(int id)
    {
        if (prefix.Length == 0 && ids.Count > 0)
        {
            var text = Decode();
            if (!text.EndsWith('\uFFFD'))
            {
                (prefix, prefixIndex) = (text, ids.Count);
            }
        }

        ids.Add(id);
        var all = Decode();
        if (Utf8Length(all) <= Utf8Length(prefix) || all.EndsWith('\uFFFD'))
        {
            return null;
        }

        // Bytes that were invalid may turn out differently in a longer context; the text already given stands.
        var fresh = all.StartsWith(prefix, StringComparison.Ordinal) ? all[prefix.Length..] : all[CommonPrefix(all, prefix)..];
        var kept = ids.Count - prefixIndex;
        ids.RemoveRange(0, prefixIndex);
        (prefix, prefixIndex) = (Decode(), kept);
        return fresh;
    }

    /// <summary>What is left at the end of a text: an unfinished character comes out as U+FFFD. Null when nothing is left.</summary>
    public string? Flush()
    {
        var all = Decode();
        var known = prefix.Length > 0 && all.StartsWith(prefix, StringComparison.Ordinal) ? prefix.Length : 0;
        var rest = prefixIndex < ids.Count ? all[known..] : "";
        ids.Clear();
        (prefix, prefixIndex) = ("", 0);
        return rest.Length > 0 ? rest : null;
    }

    private string Decode() => tokenizer.Decode(ids.ToArray(), skipSpecialTokens);

    private static int Utf8Length(string s) => System.Text.Encoding.UTF8.GetByteCount(s);

    private static int CommonPrefix(string a, string b)
    {
        var n = 0;
        while (n < Math.Min(a.Length, b.Length) && a[n] == b[n])
        {
            n++;
        }

        return n > 0 && n < a.Length && char.IsLowSurrogate(a[n]) ? n - 1 : n;
    }
}

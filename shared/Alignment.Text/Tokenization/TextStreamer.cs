using System.Text;

namespace Alignment.Text.Tokenization;

/// <summary>
/// Streams whole words, as transformers' TextStreamer does: up to the last blank, at once after a line break or a Chinese
/// character. Calmer on a terminal than <see cref="StreamDecoder"/>; decodes a line at a time.
/// </summary>
public sealed class TextStreamer
{
    private readonly Tokenizer tokenizer;
    private readonly bool skipSpecialTokens;
    private readonly List<int> ids = [];
    private int printed;

    internal TextStreamer(Tokenizer tokenizer, bool skipSpecialTokens)
    {
        this.tokenizer = tokenizer;
        this.skipSpecialTokens = skipSpecialTokens;
    }

    /// <summary>What can be shown after this id; often empty.</summary>
    public string Step(int id)
    {
        ids.Add(id);
        var text = tokenizer.Decode(ids.ToArray(), skipSpecialTokens);
        if (text.EndsWith('\n'))
        {
            var line = From(text, text.Length);
            ids.Clear();
            printed = 0;
            return line;
        }

        var whole = Rune.DecodeLastFromUtf16(text, out var last, out _) == System.Buffers.OperationStatus.Done && IsChinese(last.Value);
        var shown = From(text, whole ? text.Length : text.LastIndexOf(' ') + 1);
        printed += shown.Length;
        return shown;
    }

    /// <summary>The rest.</summary>
    public string End()
    {
        var text = tokenizer.Decode(ids.ToArray(), skipSpecialTokens);
        var rest = From(text, text.Length);
        ids.Clear();
        printed = 0;
        return rest;
    }

    private string From(string text, int end) => end > printed ? text[printed..end] : "";

    private static bool IsChinese(int c) => c is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF)
        or (>= 0x2A700 and <= 0x2B73F) or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B820 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
}

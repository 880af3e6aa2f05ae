using System.Text;

namespace Alignment.ModelCore.Data;

/// <summary>
/// Documents to pretrain on: <c>.jsonl</c> with <c>{"text"}</c>, <c>{"messages"}</c> or <c>{"prompt", "response"}</c>; any other file is plain UTF-8
/// text in which a blank line ends a document.
/// </summary>
public static class DocumentReader
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="DataException">Lists every bad line.</exception>
    public static IReadOnlyList<Document> Read(params IEnumerable<string> files) =>
        [.. files.SelectMany(f => Path.GetExtension(f) is ".jsonl" or ".json" ? JsonLines.Read([f], Row) : Paragraphs(f))];

    private static Document? Row(JsonLine line)
    {
        if (line.Has("text"))
        {
            return line.Text("text") is { } text ? new(text, null) : null;
        }

        return SftReader.Row(line) is { } row ? new(null, row) : null;
    }

    private static IEnumerable<Document> Paragraphs(string file)
    {
        if (!File.Exists(file))
        {
            throw new DataException([JsonLines.Missing(file)]);
        }

        string text;
        try
        {
            text = Strict.GetString(File.ReadAllBytes(file)).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException e)
        {
            throw new DataException([new(file, 0, null, $"byte {e.Index + 1} is not UTF-8.", "Save the file as UTF-8 (for example: iconv -f latin1 -t utf-8).")]);
        }

        var documents = text.ReplaceLineEndings("\n").Split("\n\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return documents.Length > 0 ? documents.Select(d => new Document(d, null))
            : throw new DataException([new(file, 1, null, "the file has no text.", "Put documents in it, separated by blank lines.")]);
    }
}

using Alignment.Text.Tokenization.Decoders;
using Alignment.Text.Tokenization.PreTokenizers;

namespace Alignment.Text.Tokenization.Serialization;

/// <summary>Builds decoders from their JSON.</summary>
internal static class DecoderFactory
{
    public static IDecoder Build(Part part) => part.Type switch
    {
        "Sequence" => new SequenceDecoder([.. part.Items("decoders").Select(Build)]),
        "ByteLevel" => new ByteLevelDecoder(),
        "ByteFallback" => new ByteFallbackDecoder(),
        "Fuse" => new ListDecoder(tokens => [string.Concat(tokens)]),
        "Metaspace" => Metaspace(part.Char("replacement"), PreTokenizerFactory.Scheme(part) != PrependScheme.Never),
        "WordPiece" => WordPiece(part.Text("prefix", "##"), part.Flag("cleanup", true)),
        "BPEDecoder" => Suffix(part.Text("suffix", "</w>")),
        "CTC" => Ctc(part.Text("pad_token", "<pad>"), part.Text("word_delimiter_token", "|"), part.Flag("cleanup", true)),
        "Replace" => Replace(NormalizerFactory.PatternOf(part), part.Text("content")),
        "Strip" => Strip(part.Char("content"), part.Number("start"), part.Number("stop")),
        _ => throw part.Unsupported(),
    };

    private static TokenDecoder Metaspace(int replacement, bool dropFirst) => new((t, i, _) => DecoderFunctions.Metaspace(t, i, replacement, dropFirst));

    private static TokenDecoder WordPiece(string prefix, bool cleanUp) => new((t, i, _) => DecoderFunctions.WordPiece(t, i, prefix, cleanUp));

    private static TokenDecoder Suffix(string suffix) =>
        new((t, i, n) => suffix.Length == 0 ? t : t.Replace(suffix, i == n - 1 ? "" : " ", StringComparison.Ordinal));

    private static ListDecoder Ctc(string pad, string delimiter, bool cleanUp) => new(t => DecoderFunctions.Ctc(t, pad, delimiter, cleanUp));

    private static TokenDecoder Replace(Patterns.Pattern pattern, string content) => new((t, _, _) => DecoderFunctions.Replace(t, pattern, content));

    private static TokenDecoder Strip(int content, int start, int stop) => new((t, _, _) => DecoderFunctions.Strip(t, content, start, stop));
}

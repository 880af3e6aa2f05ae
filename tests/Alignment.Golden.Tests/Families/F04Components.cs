using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.Text.Tokenization;
using Alignment.Text.Tokenization.PreTokenizers;
using Alignment.Text.Tokenization.Serialization;

namespace Alignment.Golden.Tests.Families;

/// <summary>Single parts of tokenizers.</summary>
internal static class F04Components
{
    public static void Check(JsonElement json)
    {
        foreach (var row in json.GetProperty("normalizers").EnumerateArray())
        {
            var part = row.GetProperty("normalizer");
            var normalizer = NormalizerFactory.Build(new(part, "normalizer"));
            foreach (var (input, expected) in Pairs(row))
            {
                Expect.Equal($"normalizer {part} on \"{input}\"", CodePoints.ToText(normalizer.Normalize(PieceOf(input.GetString()!)).Chars), expected.GetString());
            }
        }

        foreach (var row in json.GetProperty("pre_tokenizers").EnumerateArray())
        {
            CheckPreTokenizer(row);
        }

        foreach (var row in json.GetProperty("decoders").EnumerateArray())
        {
            var part = row.GetProperty("decoder");
            var decoder = DecoderFactory.Build(new(part, "decoder"));
            foreach (var (input, expected) in Pairs(row))
            {
                Expect.Equal($"decoder {part} on {input}", string.Concat(decoder.Decode([.. input.EnumerateArray().Select(t => t.GetString()!)])), expected.GetString());
            }
        }
    }

    private static void CheckPreTokenizer(JsonElement row)
    {
        var part = row.GetProperty("pre_tokenizer");
        var preTokenizer = PreTokenizerFactory.Build(new(part, "pre_tokenizer"));
        foreach (var (input, expected) in Pairs(row))
        {
            var pieces = preTokenizer.Apply([PieceOf(input.GetString()!)]);
            var actual = pieces.Select(p => $"{CodePoints.ToText(p.Chars)} {p.Offsets(0, p.Length)}").ToArray();
            var offsets = F04Folder.Ints(expected.GetProperty("offsets"));
            Lists.Equal($"pre_tokenizer {part} on \"{input}\"", actual,
                [.. expected.GetProperty("pieces").EnumerateArray().Select((p, i) => $"{p.GetString()} {(offsets[2 * i], offsets[(2 * i) + 1])}")]);
        }
    }

    private static Piece PieceOf(string text)
    {
        var aligned = AlignedText.Of(text);
        return new(aligned, 0, aligned.Count);
    }

    private static IEnumerable<(JsonElement In, JsonElement Out)> Pairs(JsonElement row)
    {
        var (inputs, outputs) = (row.GetProperty("in"), row.GetProperty("out"));
        Expect.Equal("rows", outputs.GetArrayLength(), inputs.GetArrayLength());
        return inputs.EnumerateArray().Zip(outputs.EnumerateArray());
    }
}

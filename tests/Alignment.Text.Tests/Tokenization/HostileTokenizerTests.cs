using System.Text;
using Alignment.Text.Tokenization;

namespace Alignment.Text.Tests.Tokenization;

public class HostileTokenizerTests
{
    private const int Inputs = 100_000;

    private static readonly string[] Words =
    [
        "\"type\"", "\"BPE\"", "\"Unigram\"", "\"WordPiece\"", "\"Sequence\"", "\"Split\"", "\"Regex\"", "\"(a+)+$\"", "\"[\"", "\"\\\\p{L}\"", "null", "true", "-1", "1e999", "4294967296",
        "[]", "{}", "\"\"", "\"\\ud800\"", "\"vocab\"", "\"merges\"", "\"added_tokens\"", "\"model\"", "\"normalizer\"", "\"Precompiled\"", "\"precompiled_charsmap\"", "\"////AAAA\"", "2147483647", "\"x\":", ",", "[", "]", "{", "}", "\"",
    ];

    [Fact]
    public void Parse_HundredThousandBrokenFiles_AnswersOrRefuses()
    {
        byte[][] seeds = [.. Samples.All.Select(n => Shrink(Samples.File(n)))];
        var read = 0;
        for (var i = 0; i < Inputs; i++)
        {
            var random = new Random(i);
            var input = Mutate(seeds[i % seeds.Length], random);
            try
            {
                var tokenizer = Tokenizer.Parse(input);
                tokenizer.Decode(tokenizer.Encode("Olá 👩🏽 a  b").Ids);
                read++;
            }
            catch (TokenizerException)
            {
                // The only way to refuse.
            }
        }

        Assert.InRange(read, 1, Inputs - 1);
    }

    [Fact]
    public void Parse_HugeIds_AllocatesByTheFileNotTheId()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var tokenizer = Tokenizer.Parse("""{"model":{"type":"BPE","vocab":{"a":0,"b":2147483647},"merges":[]}}"""u8);
        Assert.Equal([0, 2147483647], tokenizer.EncodeIds("ab"));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 20_000_000);
    }

    [Fact]
    public void Parse_UnknownPart_IsRefusedByName()
    {
        var e = Assert.Throws<TokenizerException>(() => Tokenizer.Parse("""{"pre_tokenizer":{"type":"Magic"},"model":{"type":"BPE","vocab":{},"merges":[]}}"""u8));
        Assert.Equal("tokenizer.json: pre_tokenizer type Magic is not supported.", e.Message);
    }

    // The vocabulary cut to its first entries: parts, not lists, are what goes wrong.
    private static byte[] Shrink(byte[] file)
    {
        var json = System.Text.Json.Nodes.JsonNode.Parse(file)!;
        var model = json["model"]!;
        if (model["vocab"] is System.Text.Json.Nodes.JsonArray list)
        {
            while (list.Count > 20)
            {
                list.RemoveAt(list.Count - 1);
            }
        }
        else if (model["vocab"] is System.Text.Json.Nodes.JsonObject map)
        {
            foreach (var key in map.Select(p => p.Key).Skip(40).ToList())
            {
                map.Remove(key);
            }

            model["merges"] = new System.Text.Json.Nodes.JsonArray();
        }

        return Encoding.UTF8.GetBytes(json.ToJsonString());
    }

    private static byte[] Mutate(byte[] seed, Random random)
    {
        var bytes = seed.ToList();
        for (var n = random.Next(1, 4); n > 0; n--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 40), bytes.Count - at));
                    break;
                case 2:
                    bytes.InsertRange(at, Encoding.UTF8.GetBytes(Words[random.Next(Words.Length)]));
                    break;
                case 3:
                    var from = random.Next(bytes.Count);
                    bytes.InsertRange(at, bytes.GetRange(from, Math.Min(random.Next(1, 60), bytes.Count - from)));
                    break;
                default:
                    Swap(bytes, at, random);
                    break;
            }

            if (bytes.Count == 0)
            {
                bytes.Add((byte)'{');
            }
        }

        return [.. bytes];
    }

    // A value for another value: the JSON stays well-formed, its meaning does not.
    private static void Swap(List<byte> bytes, int at, Random random)
    {
        var colon = bytes.IndexOf((byte)':', at);
        if (colon < 0)
        {
            return;
        }

        var end = colon + 1;
        while (end < bytes.Count && bytes[end] is not ((byte)',' or (byte)'}' or (byte)']'))
        {
            end++;
        }

        bytes.RemoveRange(colon + 1, end - colon - 1);
        bytes.InsertRange(colon + 1, Encoding.UTF8.GetBytes(Words[random.Next(20)]));
    }
}

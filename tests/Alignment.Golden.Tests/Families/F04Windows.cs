using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.Text.Tokenization;

namespace Alignment.Golden.Tests.Families;

/// <summary>Truncation and padding.</summary>
internal static class F04Windows
{
    public static void Truncation(GoldenCase c, JsonElement rows)
    {
        var loaded = new Dictionary<string, Tokenizer>();
        foreach (var row in rows.EnumerateArray())
        {
            var what = $"truncation {row.GetProperty("tokenizer")} {row.GetProperty("strategy")} {row.GetProperty("direction")} {row.GetProperty("max_length")}/{row.GetProperty("stride")}";
            if (row.TryGetProperty("error", out _) || row.TryGetProperty("enable_error", out _))
            {
                MustRefuse(what, () => Encode(c, row, loaded));
            }
            else
            {
                F04Folder.Compare(what, Encode(c, row, loaded), row.GetProperty("out"));
            }
        }
    }

    public static void Padding(GoldenCase c, JsonElement rows)
    {
        var loaded = new Dictionary<string, Tokenizer>();
        foreach (var row in rows.EnumerateArray())
        {
            var tokenizer = Load(c, row, loaded);
            string[] texts = [.. row.GetProperty("texts").EnumerateArray().Select(t => t.GetString()!)];
            var call = row.TryGetProperty("transformers_call", out var options);
            var batch = call ? Call(tokenizer, row, options, texts)
                : tokenizer.WithPadding(new(row.GetProperty("pad_id").GetInt32(), tokenizer.IdToToken(row.GetProperty("pad_id").GetInt32())!,
                    Side(row, "direction"), Number(row, "length"), Number(row, "pad_to_multiple_of"))).EncodeBatch(texts);
            var expected = row.GetProperty("out").EnumerateArray().ToList();
            Expect.Equal("batch", batch.Count, expected.Count);
            for (var i = 0; i < expected.Count; i++)
            {
                Compare($"padding {row.GetProperty("tokenizer")} [{i}]", batch[i], expected[i]);
            }
        }
    }

    private static void Compare(string what, TokenizedText actual, JsonElement expected)
    {
        foreach (var list in expected.EnumerateObject())
        {
            Lists.Equal($"{what} {list.Name}", list.Name switch
            {
                "ids" or "input_ids" => actual.Ids,
                "attention_mask" => actual.AttentionMask,
                "special_tokens_mask" => actual.SpecialTokensMask,
                "type_ids" or "token_type_ids" => actual.TypeIds,
                "offsets" => [.. actual.Offsets.SelectMany(o => new[] { o.Start, o.End })],
                _ => throw new UnsupportedCaseException("padding result " + list.Name),
            }, F04Folder.Ints(list.Value));
        }
    }

    private static IReadOnlyList<TokenizedText> Call(Tokenizer tokenizer, JsonElement row, JsonElement options, string[] texts)
    {
        var truncate = options.TryGetProperty("truncation", out var t) && t.ValueKind == JsonValueKind.True;
        var fixedLength = options.GetProperty("padding") is { ValueKind: JsonValueKind.String } p && p.GetString() == "max_length";
        var max = Number(options, "max_length");
        var pad = tokenizer.Settings.PadToken!;
        return tokenizer
            .WithTruncation(truncate ? new(max!.Value, Side: Side(row, "truncation_side")) : null)
            .WithPadding(new(tokenizer.PadId!.Value, pad, Side(row, "padding_side"), fixedLength ? max : null, Number(options, "pad_to_multiple_of")))
            .EncodeBatch(texts, !options.TryGetProperty("add_special_tokens", out var add) || add.GetBoolean());
    }

    private static TokenizedText Encode(GoldenCase c, JsonElement row, Dictionary<string, Tokenizer> loaded)
    {
        var strategy = row.GetProperty("strategy").GetString() switch
        {
            "longest_first" => TruncationStrategy.LongestFirst,
            "only_first" => TruncationStrategy.OnlyFirst,
            "only_second" => TruncationStrategy.OnlySecond,
            var s => throw new UnsupportedCaseException("truncation strategy " + s),
        };
        var tokenizer = Load(c, row, loaded).WithTruncation(new(row.GetProperty("max_length").GetInt32(), strategy, row.GetProperty("stride").GetInt32(), Side(row, "direction")));
        var a = row.GetProperty("a").GetString()!;
        return row.GetProperty("b") is { ValueKind: JsonValueKind.String } b ? tokenizer.EncodePair(a, b.GetString()!) : tokenizer.Encode(a);
    }

    private static Tokenizer Load(GoldenCase c, JsonElement row, Dictionary<string, Tokenizer> loaded)
    {
        var name = row.GetProperty("tokenizer").GetString()!;
        return loaded.TryGetValue(name, out var t) ? t : loaded[name] = Tokenizer.Load(Path.Combine(c.Family.Folder, name));
    }

    private static TokenSide Side(JsonElement row, string name) => row.GetProperty(name).GetString() == "left" ? TokenSide.Left : TokenSide.Right;

    private static int? Number(JsonElement row, string name) => row.TryGetProperty(name, out var v) && v.ValueKind == JsonValueKind.Number ? v.GetInt32() : null;

    private static void MustRefuse(string what, Action action)
    {
        try
        {
            action();
        }
        catch (TokenizerException)
        {
            return;
        }

        throw new GoldenMismatchException($"{what}: must be refused.");
    }
}

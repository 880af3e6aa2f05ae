using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Data.Collators;
using Alignment.Text.Tokenization;

namespace Alignment.Golden.Tests.Families;

/// <summary>Collators: prepared rows to batches, ids, labels, masks, dtypes and shapes.</summary>
public sealed class F07Collators : IGoldenCheck
{
    public string Family => "F07";

    public void Check(GoldenCase c)
    {
        var tokenizers = new Dictionary<string, Tokenizer>();
        foreach (var k in c.Json.GetProperty("cases").EnumerateArray())
        {
            if (k.TryGetProperty("function", out _))
            {
                Function(k);
            }
            else if (k.TryGetProperty("collator", out var collator))
            {
                var rows = c.Json.GetProperty("rows").EnumerateArray().Single(r => r.GetProperty("name").GetString() == k.GetProperty("rows").GetString());
                Rotation(rows);
                Compare($"{collator} {k.GetProperty("rows")} {k.GetProperty("options")}", Collate(collator.GetString()!, k, Rows(k, rows)), k);
            }
            else
            {
                Stepwise(c, k, tokenizers);
            }
        }
    }

    private static List<JsonElement> Rows(JsonElement k, JsonElement rows)
    {
        var all = rows.GetProperty("rows").EnumerateArray().ToList();
        return k.TryGetProperty("from", out var from) ? all[from.GetInt32()..k.GetProperty("to").GetInt32()] : all;
    }

    private static CollatedBatch Collate(string collator, JsonElement k, List<JsonElement> rows)
    {
        var o = k.GetProperty("options");
        foreach (var option in o.EnumerateObject())
        {
            if (option.Name is not ("max_length" or "truncation_mode" or "pad_to_multiple_of" or "padding_free" or "return_position_ids"))
            {
                throw new UnsupportedCaseException("collator option " + option.Name);
            }
        }

        var pad = k.GetProperty("pad_token_id").GetInt32();
        var multiple = Number(o, "pad_to_multiple_of");
        var max = Number(o, "max_length");
        return collator switch
        {
            "sft" => new SftCollator(pad, multiple, Flag(o, "padding_free"), Flag(o, "return_position_ids")).Collate(
                [.. rows.Select(r => new SftExample(Ints(r, "input_ids")!, Ints(r, "labels"), Ints(r, "seq_lengths")))]),
            "dpo" => new PreferenceCollator(pad, max, o.TryGetProperty("truncation_mode", out var mode) && mode.GetString() == "keep_end", multiple).Collate(
                [.. rows.Select(r => new PreferenceExample(Ints(r, "prompt_ids")!, Ints(r, "chosen_ids")!, Ints(r, "rejected_ids")!, Real(r, "ref_chosen_logps"), Real(r, "ref_rejected_logps")))]),
            "reward" => new RewardCollator(pad, multiple).Collate([.. rows.Select(r => new RewardExample(Ints(r, "chosen_ids")!, Ints(r, "rejected_ids")!, Real(r, "margin")))]),
            "kto" => new UnpairedCollator(pad, max, multiple).Collate([.. rows.Select(r => new UnpairedExample(Ints(r, "prompt_ids")!, Ints(r, "completion_ids")!,
                r.GetProperty("label").GetBoolean(), Ints(r, "KL_completion_ids"), Real(r, "ref_logps"), Real(r, "ref_KL_logps")))]),
            _ => throw new UnsupportedCaseException("collator " + collator),
        };
    }

    // The rotation of completions happened in preparation; its rule is the product's as well.
    private static void Rotation(JsonElement rows)
    {
        if (!rows.TryGetProperty("batch_size", out var size))
        {
            return;
        }

        var all = rows.GetProperty("rows").EnumerateArray().ToList();
        var rotated = UnpairedCollator.Rotate([.. all.Select(r => Ints(r, "completion_ids")!)], size.GetInt32());
        Lists.Equal("rotated", [.. rotated.Select(r => string.Join(' ', r))], [.. all.Select(r => string.Join(' ', Ints(r, "KL_completion_ids")!))]);
    }

    private static void Stepwise(GoldenCase c, JsonElement k, Dictionary<string, Tokenizer> tokenizers)
    {
        var name = k.GetProperty("tokenizer").GetString()!;
        var folder = Directory.GetDirectories(c.Family.Root, "F04*").Single();
        var tokenizer = tokenizers.TryGetValue(name, out var t) ? t : tokenizers[name] = Tokenizer.Load(Path.Combine(folder, name));
        var o = k.GetProperty("options");
        var maker = new StepwiseRows(o.GetProperty("step_separator").GetString()!, Number(o, "max_length"), Number(o, "max_completion_length"), Flag(o, "train_on_last_step_only"));
        SftExample[] rows = [.. c.Json.GetProperty("features").EnumerateArray().Select(f => maker.Tokenize(tokenizer, f.GetProperty("prompt").GetString()!,
            [.. f.GetProperty("completions").EnumerateArray().Select(x => x.GetString()!)], [.. f.GetProperty("labels").EnumerateArray().Select(x => x.GetBoolean())], Flag(o, "is_eval")))];
        var expected = k.GetProperty("tokenized").EnumerateArray().ToList();
        Expect.Equal("rows", rows.Length, expected.Count);
        for (var i = 0; i < rows.Length; i++)
        {
            Lists.Equal($"{name} {o} tokenized[{i}] input_ids", rows[i].InputIds, Ints(expected[i], "input_ids")!);
            Lists.Equal($"{name} {o} tokenized[{i}] labels", rows[i].Labels!, Ints(expected[i], "labels")!);
        }

        Compare($"prm {name} {o}", StepwiseRows.Collate(rows, tokenizer.PadId!.Value), k);
    }

    private static void Compare(string what, CollatedBatch batch, JsonElement k)
    {
        var expected = k.GetProperty("batch");
        Lists.Equal($"{what} names", [.. batch.Columns.Keys.Order()], [.. expected.EnumerateObject().Select(p => p.Name).Order()]);
        foreach (var column in expected.EnumerateObject())
        {
            using var tensor = batch[column.Name].ToTensor();
            Lists.Equal($"{what} {column.Name}", Expect.Values(tensor), [.. Flat(column.Value)]);
            if (k.GetProperty("types").TryGetProperty(column.Name, out var type))
            {
                Expect.Equal($"{what} {column.Name} dtype", tensor.dtype.ToString().ToLowerInvariant(), type.GetProperty("dtype").GetString());
                Lists.Equal($"{what} {column.Name} shape", tensor.shape, [.. type.GetProperty("shape").EnumerateArray().Select(s => s.GetInt64())]);
            }
        }
    }

    private static void Function(JsonElement k)
    {
        var output = k.GetProperty("out");
        switch (k.GetProperty("function").GetString())
        {
            case "pad":
                var padded = Padder.Pad([.. k.GetProperty("in").EnumerateArray().Select(Ints)], k.GetProperty("padding_value").GetInt32(), k.GetProperty("padding_side").GetString() == "left", Number(k, "pad_to_multiple_of"));
                Same("pad", padded, output);
                break;
            case "flush_left":
                var names = k.GetProperty("in").EnumerateObject().Select(p => p.Name).Where(n => n != "mask").ToList();
                var (mask, columns) = Padder.FlushLeft(Grid(k.GetProperty("in").GetProperty("mask")), [.. names.Select(n => Grid(k.GetProperty("in").GetProperty(n)))]);
                Same("flush_left mask", mask, output.GetProperty("mask"));
                for (var i = 0; i < names.Count; i++)
                {
                    Same("flush_left " + names[i], columns[i], output.GetProperty(names[i]));
                }

                break;
            case var f:
                throw new UnsupportedCaseException("collator function " + f);
        }
    }

    private static void Same(string what, int[][] actual, JsonElement expected) =>
        Lists.Equal(what, [.. actual.Select(r => string.Join(' ', r))], [.. Grid(expected).Select(r => string.Join(' ', r))]);

    private static int[][] Grid(JsonElement rows) => [.. rows.EnumerateArray().Select(Ints)];

    private static IEnumerable<double> Flat(JsonElement v) => v.ValueKind switch
    {
        JsonValueKind.Array => v.EnumerateArray().SelectMany(Flat),
        JsonValueKind.True => [1],
        JsonValueKind.False => [0],
        _ => [v.GetDouble()],
    };

    private static int[] Ints(JsonElement list) => [.. list.EnumerateArray().Select(i => i.GetInt32())];

    private static int[]? Ints(JsonElement row, string name) => row.TryGetProperty(name, out var v) && v.ValueKind == JsonValueKind.Array ? Ints(v) : null;

    private static float? Real(JsonElement row, string name) => row.TryGetProperty(name, out var v) && v.ValueKind == JsonValueKind.Number ? v.GetSingle() : null;

    private static int? Number(JsonElement row, string name) => row.TryGetProperty(name, out var v) && v.ValueKind == JsonValueKind.Number ? v.GetInt32() : null;

    private static bool Flag(JsonElement row, string name) => row.TryGetProperty(name, out var v) && v.ValueKind == JsonValueKind.True;
}

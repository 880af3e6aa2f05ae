using System.CommandLine;
using System.Text.Json;
using Alignment.ModelCore.Adapters;
using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Checkpointing;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Suite.Commands;

/// <summary><c>align model logits DIR --ids ids.json --out logits.safetensors</c>: what the model computes, for anybody to compare.</summary>
internal static class ModelLogits
{
    public static Command Build()
    {
        var folder = ModelVerb.Folder();
        var ids = new Option<FileInfo>("--ids") { Description = "JSON: rows of ids [[…]], or {\"input_ids\": [[…]], \"attention_mask\": [[…]], \"position_ids\": [[…]]}. Rows of unequal length are padded on the right.", Required = true };
        var mask = new Option<FileInfo?>("--attention-mask") { Description = "JSON: rows of 1 (real) and 0 (padding)." };
        var output = new Option<FileInfo>("--out") { Description = "safetensors file; logits [B, T, V], for classification models logits [B, labels] and all_scores.", Required = true };
        var dtype = ModelVerb.DType("float32 (default), float64 or bfloat16: in what the model computes.");
        var command = new Command("logits", "Compute logits for given ids. Positions count the real tokens of a row, so padding on either side changes nothing.") { folder, ids, mask, output, dtype };
        command.SetAction(parse => ModelVerb.Guard(() => Run(
            parse.GetValue(folder)!.FullName, parse.GetValue(ids)!, parse.GetValue(mask), parse.GetValue(output)!, ModelVerb.ComputeDType(parse.GetValue(dtype)) ?? ScalarType.Float32)));
        return command;
    }

    private static void Run(string folder, FileInfo idsFile, FileInfo? maskFile, FileInfo output, ScalarType dtype)
    {
        using var inference = torch.inference_mode();
        using var json = ReadJson(idsFile);
        var root = json.RootElement;
        var rows = Rows(root.ValueKind == JsonValueKind.Object ? Property(root, "input_ids") ?? Property(root, "ids") ?? throw new InvalidDataException($"{idsFile.FullName}: no input_ids.") : root, idsFile.FullName);
        using var maskJson = maskFile is null ? null : ReadJson(maskFile);
        var masks = maskJson is not null ? Rows(maskJson.RootElement, maskFile!.FullName) : Property(root, "attention_mask") is { } m ? Rows(m, idsFile.FullName) : null;
        var positions = Property(root, "position_ids") is { } p ? Rows(p, idsFile.FullName) : null;
        Fits(masks, rows, "attention_mask", maskFile ?? idsFile);
        Fits(positions, rows, "position_ids", idsFile);
        if (masks?.Exists(r => r.Any(m => m is not (0 or 1))) == true)
        {
            throw new InvalidDataException($"{(maskFile ?? idsFile).FullName}: attention_mask holds something else than 1 (real) and 0 (padding).");
        }

        var width = rows.Max(r => r.Length);
        if (masks is null && rows.Any(r => r.Length != width))
        {
            masks = [.. rows.Select(r => r.Select(_ => 1L).ToArray())];
        }

        var config = AdapterOpening.ConfigOf(folder);
        if (rows.SelectMany(r => r).Any(id => id < 0 || id >= config.VocabularySize))
        {
            throw new InvalidDataException($"{idsFile.FullName}: an id lies outside the vocabulary of {config.VocabularySize}.");
        }

        var pad = config.PadTokenId ?? 0;
        var (input, mask, places) = (Matrix(rows, width, pad), masks is null ? null : Matrix(masks, width, 0), positions is null ? null : Matrix(positions, width, 0));
        SafeTensorsWriter.Write(output.FullName, Compute(folder, config, dtype, input, mask, places));
        Console.WriteLine($"{output.FullName}: {rows.Count} rows of up to {width} ids through {config.Family}.");
    }

    private static List<(string Name, Tensor Value)> Compute(string folder, DecoderConfig config, ScalarType dtype, Tensor input, Tensor? mask, Tensor? places)
    {
        if (config.Head == HeadKind.Language)
        {
            using var model = CheckpointReader.LoadCausal(folder, dtype);
            return [("logits", model.Forward(input, mask, places))];
        }

        using var scoring = CheckpointReader.LoadScoring(folder, dtype);
        var all = scoring.AllScores(input, mask, places);
        return config.Head == HeadKind.Token ? [("logits", all)] : [("logits", scoring.Forward(input, mask, places)), ("all_scores", all)];
    }

    private static JsonElement? Property(JsonElement e, string name) => e.ValueKind == JsonValueKind.Object && e.TryGetProperty(name, out var v) && v.ValueKind == JsonValueKind.Array ? v : null;

    private static JsonDocument ReadJson(FileInfo file)
    {
        try
        {
            return JsonDocument.Parse(File.ReadAllBytes(file.FullName));
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{file.FullName}: not valid JSON: {e.Message}", e);
        }
    }

    private static List<long[]> Rows(JsonElement e, string file)
    {
        try
        {
            var rows = e.EnumerateArray().Select(r => r.EnumerateArray().Select(v => v.ValueKind is JsonValueKind.True or JsonValueKind.False ? (v.GetBoolean() ? 1 : 0) : v.GetInt64()).ToArray()).ToList();
            return rows.Count > 0 && rows.TrueForAll(r => r.Length > 0) ? rows : throw new InvalidDataException($"{file}: there must be at least one row, and no row may be empty.");
        }
        catch (Exception x) when (x is InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"{file}: expected rows of whole numbers, [[…], […]].", x);
        }
    }

    private static void Fits(List<long[]>? values, List<long[]> rows, string name, FileInfo file)
    {
        if (values is not null && !values.Select(r => r.Length).SequenceEqual(rows.Select(r => r.Length)))
        {
            throw new InvalidDataException($"{file.FullName}: {name} has not the shape of the ids: as many rows ({rows.Count}), each as long as its row of ids.");
        }
    }

    private static Tensor Matrix(List<long[]> rows, int width, long fill)
    {
        var flat = rows.SelectMany(r => r.Concat(Enumerable.Repeat(fill, width - Math.Min(width, r.Length)))).ToArray();
        return flat.Length == rows.Count * width ? torch.tensor(flat).view(rows.Count, width) : throw new InvalidDataException($"A mask or position row is longer than the {width} ids.");
    }
}

using System.Text.Json;
using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Quantization;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Checkpointing;

/// <summary>
/// Writes model folders that transformers loads: config.json, weights under their Hugging Face names, tied matrices once. Adapter
/// parameters are left out: merge them first, or save them as an adapter. Quantised weights are written as bitsandbytes lays them out.
/// </summary>
public static class CheckpointWriter
{
    private static readonly string[] Companions =
    [
        "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
        "vocab.json", "merges.txt", "tokenizer.model", "chat_template.jinja",
    ];

    public static void Save(CausalModel model, string folder, SaveOptions? options = null) => Save(model, model.Config, folder, options ?? new());

    public static void Save(ScoringModel model, string folder, SaveOptions? options = null) => Save(model, model.Config, folder, options ?? new());

    private static void Save(nn.Module model, DecoderConfig config, string folder, SaveOptions options)
    {
        Directory.CreateDirectory(folder);
        using var scope = TorchSharp.torch.NewDisposeScope();
        var tensors = Own(model);
        var dtype = options.DType ?? tensors[0].Value.dtype;
        var quantised = Quantised(model);
        if (quantised.Count > 0)
        {
            // Codes and scales have the types of their layout whatever is asked for the rest.
            tensors = [.. tensors.Select(t => (t.Name, t.Value.detach().to_type(dtype))), .. quantised.SelectMany(q => q.Weight.Export().Select(t => ($"{q.Name}.{t.Suffix}", t.Value)))];
            options = options with { DType = null };
        }

        WriteWeights(tensors, folder, options);
        var format = quantised.Count > 0 ? quantised[0].Weight.Format : null;
        File.WriteAllText(Path.Combine(folder, "config.json"), ConfigWriter.Write(config, dtype, options.Version4Keys, format));
        if (options.CopyFilesFrom is { } from)
        {
            CopyCompanions(from, folder);
        }
    }

    /// <summary>Copies the tokenizer's and generation's files that are there.</summary>
    public static void CopyCompanions(string from, string folder)
    {
        foreach (var name in Companions.Where(n => File.Exists(Path.Combine(from, n))))
        {
            File.Copy(Path.Combine(from, name), Path.Combine(folder, name), overwrite: true);
        }
    }

    /// <summary>The model's own parameters in order; attached adapters are outside of it.</summary>
    private static List<(string Name, Tensor Value)> Own(nn.Module model) => [.. model.named_parameters().Select(p => (p.name, (Tensor)p.parameter))];

    private static List<(string Name, QuantisedWeight Weight)> Quantised(nn.Module model) =>
        // The first name of a module is the one it was registered under; its fields are listed after that.
        [.. model.named_modules().Where(m => m.module is Projection { Quantised: not null }).DistinctBy(m => m.module).Select(m => (m.name, ((Projection)m.module).Quantised as QuantisedWeight
            ?? throw new CheckpointException($"{m.name} holds its weight in a form that files do not know.")))];

    private static void WriteWeights(List<(string Name, Tensor Value)> tensors, string folder, SaveOptions options)
    {
        var shards = Split(tensors, options);
        foreach (var stale in Directory.EnumerateFiles(folder, "model*.safetensors*").ToList())
        {
            File.Delete(stale);
        }

        if (shards.Count == 1)
        {
            SafeTensorsWriter.Write(Path.Combine(folder, "model.safetensors"), tensors, options.DType, change: options.Change);
            return;
        }

        var map = new SortedDictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < shards.Count; i++)
        {
            var name = $"model-{i + 1:D5}-of-{shards.Count:D5}.safetensors";
            SafeTensorsWriter.Write(Path.Combine(folder, name), shards[i], options.DType, change: options.Change);
            shards[i].ForEach(t => map.Add(t.Name, name));
        }

        var total = tensors.Sum(t => SafeTensorsWriter.BytesOf(t.Value, options.DType));
        File.WriteAllText(Path.Combine(folder, "model.safetensors.index.json"),
            JsonSerializer.Serialize(new { metadata = new { total_size = total }, weight_map = map }, new JsonSerializerOptions { WriteIndented = true }) + "\n");
    }

    private static List<List<(string Name, Tensor Value)>> Split(List<(string Name, Tensor Value)> tensors, SaveOptions options)
    {
        var shards = new List<List<(string, Tensor)>> { new() };
        long size = 0;
        foreach (var tensor in tensors)
        {
            var bytes = SafeTensorsWriter.BytesOf(tensor.Value, options.DType);
            if (size > 0 && size + bytes > options.MaxShardBytes)
            {
                shards.Add([]);
                size = 0;
            }

            shards[^1].Add(tensor);
            size += bytes;
        }

        return shards;
    }
}

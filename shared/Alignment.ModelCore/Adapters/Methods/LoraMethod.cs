using System.Globalization;
using System.Text.Json.Nodes;
using Alignment.ModelCore.Adapters.Layers;
using Alignment.ModelCore.Adapters.Parts;
using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using TorchSharp;

namespace Alignment.ModelCore.Adapters.Methods;

/// <summary>LoRA, rsLoRA and DoRA: two thin matrices beside each target projection, or beside a target table of embeddings.</summary>
internal sealed class LoraMethod : IAdapterMethod
{
    private static readonly string[] Refused =
    [
        "target_parameters", "layer_replication", "megatron_config", "use_qalora", "use_bdlora", "arrow_config", "kasa_config",
        "velora_config", "monteclora_config", "alora_invocation_tokens",
    ];

    public string Type => "LORA";

    public IReadOnlyList<string> Names => ["lora", "rslora", "dora"];

    public void Configure(JsonObject keys, TuningOptions tuning, DecoderConfig decoder)
    {
        keys["r"] = tuning.Rank;
        keys["lora_alpha"] = tuning.Alpha;
        keys["lora_dropout"] = tuning.Dropout;
        keys["bias"] = tuning.Bias;
        keys["lora_bias"] = tuning.LoraBias;
        keys["use_rslora"] = tuning.UseRslora || tuning.Method == "rslora";
        keys["use_dora"] = tuning.Method == "dora";
        keys["init_lora_weights"] = tuning.InitLoraWeights == "default" ? true : tuning.InitLoraWeights;
        keys["fan_in_fan_out"] = decoder.TransposedWeights;
        keys["rank_pattern"] = tuning.Numbers(tuning.RankPattern);
        keys["alpha_pattern"] = tuning.Numbers(tuning.AlphaPattern);
        keys["layers_to_transform"] = tuning.LayersToTransform.Count == 0 ? null : new JsonArray([.. tuning.LayersToTransform.Select(l => (JsonNode)(int)l)]);
        keys["layers_pattern"] = null;
        keys["trainable_token_indices"] = tuning.TrainableTokenIndices.Count == 0 ? null : new JsonArray([.. tuning.TrainableTokenIndices.Select(l => (JsonNode)(int)l)]);
    }

    public void Build(AdapterSite site)
    {
        Refuse(site.Config);
        foreach (var (path, module) in TargetModules.Of(site, "q_proj", "v_proj"))
        {
            site.Parts.Add(module switch
            {
                Projection projection => OnProjection(site, path, projection),
                TokenEmbedding embedding => OnEmbedding(site, path, embedding),
                _ => throw new AdapterException($"target_modules: {path} is no linear layer and no embedding; LoRA has no place there."),
            });
        }

        TrainedTokens.Add(site);
        TrainedBiases.Add(site);
    }

    /// <summary>s = α/r, or α/√r with use_rslora; r and α by the patterns that match the module.</summary>
    public static (long Rank, double Scale) Size(AdapterConfig config, string path)
    {
        var rank = (long)(config.Pattern("rank_pattern", path) ?? config.Rank);
        var alpha = config.Pattern("alpha_pattern", path) ?? config.Alpha;
        return rank > 0 ? (rank, alpha / (config.RankStabilised ? Math.Sqrt(rank) : rank)) : throw new AdapterException($"adapter_config.json: the rank of {path} is {rank.ToString(CultureInfo.InvariantCulture)}; it must be above 0.");
    }

    private static ProjectionPart OnProjection(AdapterSite site, string path, Projection target)
    {
        var config = site.Config;
        var (rank, scale) = Size(config, path);
        var key = $"{ModuleNames.Root}{path}.";
        var carried = Carry(site, path, key, target, target.Transposed ? [target.InFeatures, target.OutFeatures] : [target.OutFeatures, target.InFeatures]);
        if (site.IsFresh)
        {
            return new(key, target, LoraStart.Of(site, target, rank, scale), carried);
        }

        var layer = new Lora(site.Take(key + "lora_A.weight", rank, target.InFeatures), site.Take(key + "lora_B.weight", target.OutFeatures, rank), scale, config.Dropout,
            config.BiasOfB ? site.Take(key + "lora_B.bias", target.OutFeatures) : null,
            config.Decomposed ? site.Take(key + "lora_magnitude_vector", target.OutFeatures) : null);
        return new(key, target, layer, carried);
    }

    private static EmbeddingPart OnEmbedding(AdapterSite site, string path, TokenEmbedding target)
    {
        if (site.Config.Decomposed)
        {
            throw new AdapterException($"use_dora is not supported for the embedding {path}: take it out of target_modules.");
        }

        var (rank, scale) = Size(site.Config, path);
        var key = $"{ModuleNames.Root}{path}.";
        long rows = target.Weight.shape[0], width = target.Weight.shape[1];
        var layer = site.IsFresh ? new LoraEmbedding(torch.zeros([rank, rows], site.DType), site.Normal(1, width, rank), scale)
            : new LoraEmbedding(site.Take(key + "lora_embedding_A", rank, rows), site.Take(key + "lora_embedding_B", width, rank), scale);
        var carried = Carry(site, path, key, target, [rows, width]);
        return new(target, layer, [(key + "lora_embedding_A", layer.A), (key + "lora_embedding_B", layer.B)], carried ? key + "base_layer.weight" : null,
            site.Decoder.TiedEmbedding && site.Model is CausalModel && path == $"{site.Decoder.Names.Body}.{site.Decoder.Names.Embedding}", w => w.sub(layer.Delta().to_type(w.dtype)));
    }

    /// <summary>PEFT keeps the base table of targets called embed_tokens and lm_head in the file; a table that was trained or resized comes from there.</summary>
    private static bool Carry(AdapterSite site, string path, string key, IReplaceable target, long[] shape)
    {
        var stored = key + "base_layer.weight";
        if (site.IsFresh || !site.Has(stored))
        {
            return site.IsFresh && path.Split('.')[^1] is "embed_tokens" or "lm_head";
        }

        var given = site.Take(stored, shape);
        var own = target.Own("weight");
        using var none = torch.no_grad();
        if (!given.to_type(own.dtype).eq(own).all().item<bool>())
        {
            own.copy_(given);
        }

        return true;
    }

    private static void Refuse(AdapterConfig config)
    {
        if (Refused.FirstOrDefault(k => config.Flag(k) || config.Json[k] is JsonObject { Count: > 0 } or JsonArray { Count: > 0 }) is { } key)
        {
            throw new AdapterException($"adapter_config.json: {key} is not supported.");
        }
    }
}

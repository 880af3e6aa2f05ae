using System.Text.Json.Nodes;
using Alignment.ModelCore.Adapters.Layers;
using Alignment.ModelCore.Adapters.Parts;
using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using TorchSharp;

namespace Alignment.ModelCore.Adapters.Methods;

/// <summary>AdaLoRA: LoRA with a diagonal between its factors. Files are used and merged; new ones keep their first rank, without the schedule that prunes it.</summary>
internal sealed class AdaLoraMethod : IAdapterMethod
{
    public string Type => "ADALORA";

    public IReadOnlyList<string> Names => [];

    public void Configure(JsonObject keys, TuningOptions tuning, DecoderConfig decoder) => throw new NotSupportedException("AdaLoRA adapters are not trained here.");

    public void Build(AdapterSite site)
    {
        var config = site.Config;
        foreach (var (path, module) in TargetModules.Of(site, "q_proj", "v_proj"))
        {
            var target = module as Projection ?? throw new AdapterException($"target_modules: {path} is no linear layer; AdaLoRA has no place there.");
            var key = $"{ModuleNames.Root}{path}.";
            var rank = Rank(config, path);
            var (a, b, e) = site.IsFresh
                ? (site.Normal(0.02, rank, target.InFeatures), site.Normal(0.02, target.OutFeatures, rank), torch.zeros([rank, 1], site.DType))
                : (site.Take(key + "lora_A", rank, target.InFeatures), site.Take(key + "lora_B", target.OutFeatures, rank), site.Take(key + "lora_E", rank, 1));
            site.Parts.Add(new ProjectionPart(key, target, new AdaLora(a, b, e, config.Alpha, config.Dropout)));
        }

        TrainedBiases.Add(site);
    }

    /// <summary>init_r, or what pruning left: rank_pattern keeps one flag for each first rank.</summary>
    private static long Rank(AdapterConfig config, string path)
    {
        foreach (var (name, flags) in config.Json["rank_pattern"] as JsonObject ?? [])
        {
            if (name.Contains(path + ".lora_E", StringComparison.Ordinal))
            {
                return flags switch
                {
                    JsonArray list => list.Count(f => f?.ToJsonString() == "true"),
                    JsonValue number => long.Parse(number.ToString(), System.Globalization.CultureInfo.InvariantCulture),
                    _ => throw new AdapterException($"adapter_config.json: rank_pattern of {name} is neither a list nor a number."),
                };
            }
        }

        return (long)config.Number("init_r", 12);
    }
}

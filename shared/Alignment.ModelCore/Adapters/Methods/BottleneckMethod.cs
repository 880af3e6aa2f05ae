using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Alignment.ModelCore.Adapters.Layers;
using Alignment.ModelCore.Adapters.Parts;
using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Adapters.Methods;

/// <summary>
/// Bottleneck adapters: a narrow layer with an activation after attention, after the feed-forward, or both; beside them in the parallel
/// form. PEFT has no such method: the settings are those of the <c>adapters</c> library, laid out as docs/methods/adapters.md says.
/// </summary>
internal sealed partial class BottleneckMethod : IAdapterMethod
{
    public string Type => "BOTTLENECK";

    public IReadOnlyList<string> Names => ["bottleneck"];

    public void Configure(JsonObject keys, TuningOptions tuning, DecoderConfig decoder)
    {
        var (houlsby, parallel) = (tuning.Placement == "houlsby", tuning.Placement == "parallel");
        keys["mh_adapter"] = houlsby;
        keys["output_adapter"] = true;
        keys["is_parallel"] = parallel;
        keys["original_ln_before"] = !houlsby && !parallel;
        keys["original_ln_after"] = true;
        keys["residual_before_ln"] = true;
        keys["ln_before"] = false;
        keys["ln_after"] = false;
        keys["use_gating"] = false;
        keys["non_linearity"] = tuning.NonLinearity.Length > 0 ? tuning.NonLinearity : houlsby ? "swish" : "relu";
        keys["reduction_factor"] = tuning.ReductionFactor > 0 ? tuning.ReductionFactor : parallel ? 2 : 16;
        keys["scaling"] = tuning.LearnedScale ? "learned" : parallel ? 4.0 : 1.0;
        keys["leave_out"] = new JsonArray();
        keys["dropout"] = tuning.Dropout;
        keys["init_weights"] = "mam_adapter";
    }

    /// <summary>Names of the adapters library: <c>….output_adapters.adapters.NAME.adapter_down.0.weight</c>.</summary>
    public string Rename(string key)
    {
        var m = LibraryKey().Match(key);
        return m.Success ? $"{ModuleNames.Root}{m.Groups[1].Value}{m.Groups[2].Value}.{(m.Groups[3].Success ? m.Groups[3].Value + "." : "")}{m.Groups[4].Value}" : key;
    }

    public void Build(AdapterSite site)
    {
        Refuse(site.Config);
        var left = (site.Config.Json["leave_out"] as JsonArray ?? []).Select(n => n?.ToString()).ToHashSet(StringComparer.Ordinal);
        foreach (var (path, module) in site.Modules.Where(m => m.Module is DecoderBlock && !left.Contains(m.Path.Split('.')[^1])))
        {
            foreach (var (flag, name) in new[] { ("mh_adapter", "attention_adapters"), ("output_adapter", "output_adapters") }.Where(p => site.Config.Flag(p.Item1)))
            {
                var key = $"{ModuleNames.Root}{path}.{name}.";
                site.Parts.Add(new BlockPart(key, (DecoderBlock)module, flag == "mh_adapter", Make(site, key, path.Split('.')[^1])));
            }
        }

        if (site.Parts.Count == 0)
        {
            throw new AdapterException("adapter_config.json: neither mh_adapter nor output_adapter puts anything into a layer that leave_out leaves.");
        }
    }

    private static Bottleneck Make(AdapterSite site, string key, string layer)
    {
        var config = site.Config;
        var width = site.Decoder.Width;
        var size = Math.Max(1, (long)Math.Floor(width / Reduction(config, layer)));
        var input = config.Flag("is_parallel") ? BottleneckInput.Before : config.Flag("original_ln_before") ? BottleneckInput.Sum : BottleneckInput.Added;
        double? scale = config.Text("scaling") == "learned" ? null : config.Number("scaling", 1);
        return new(site.IsFresh ? Start(site) : (name, shape) => site.Take(key + name, shape), width, size, input, Activation(config.Text("non_linearity") ?? "relu"), scale, config.Number("dropout", 0));
    }

    /// <summary>bert: N(0, 0.02²), as the library's Houlsby and Pfeiffer; mam_adapter: U starts at zero, so that the model starts unchanged.</summary>
    private static Func<string, long[], Tensor> Start(AdapterSite site) => (site.Config.Text("init_weights") ?? "bert") switch
    {
        "bert" => (name, shape) => name == "scaling" ? torch.ones(shape, site.DType) : name.EndsWith("bias", StringComparison.Ordinal) ? torch.zeros(shape, site.DType) : site.Normal(0.02, shape),
        "mam_adapter" => (name, shape) => name == "scaling" ? torch.ones(shape, site.DType) : name == "adapter_down.weight" ? site.Uniform(1 / Math.Sqrt(shape[1]), shape) : torch.zeros(shape, site.DType),
        var other => throw new AdapterException($"adapter_config.json: init_weights is {other}; it is bert or mam_adapter."),
    };

    private static double Reduction(AdapterConfig config, string layer)
    {
        var factor = config.Json["reduction_factor"] is JsonObject byLayer ? byLayer[layer] ?? byLayer["default"] : config.Json["reduction_factor"] ?? 16;
        return double.TryParse(factor?.ToString(), CultureInfo.InvariantCulture, out var r) && r > 0 ? r
            : throw new AdapterException($"adapter_config.json: reduction_factor of layer {layer} is {factor?.ToJsonString() ?? "absent"}; a number above 0 is expected.");
    }

    private static Func<Tensor, Tensor> Activation(string name) => name.ToLowerInvariant() switch
    {
        "relu" => x => nn.functional.relu(x),
        "swish" or "silu" => x => nn.functional.silu(x),
        "gelu" => x => nn.functional.gelu(x),
        "gelu_new" => x => nn.functional.gelu(x, GELU.Approximate.tanh),
        "tanh" => x => x.tanh(),
        "sigmoid" => x => x.sigmoid(),
        "leakyrelu" => x => nn.functional.leaky_relu(x, 0.01),
        "linear" => x => x,
        _ => throw new AdapterException($"adapter_config.json: non_linearity {name} is not supported; relu, swish, gelu, gelu_new, tanh, sigmoid, leakyrelu and linear are."),
    };

    private static void Refuse(AdapterConfig config)
    {
        var refused = new[] { "ln_before", "ln_after", "use_gating", "phm_layer", "cross_adapter", "adapter_residual_before_ln" }.FirstOrDefault(config.Flag);
        refused ??= new[] { "original_ln_after", "residual_before_ln" }.FirstOrDefault(k => config.Json[k]?.ToJsonString() == "false");
        if (refused is not null)
        {
            throw new AdapterException($"adapter_config.json: {refused}: {config.Json[refused]!.ToJsonString()} is not supported.");
        }
    }

    [GeneratedRegex(@"^(?:base_model\.model\.)?(.*\.)(attention_adapters|output_adapters)\.adapters\.[^.]+\.(?:(adapter_(?:down|up))(?:\.0)?\.)?(weight|bias|scaling)$")]
    private static partial Regex LibraryKey();
}

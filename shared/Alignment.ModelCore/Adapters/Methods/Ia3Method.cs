using System.Text.Json.Nodes;
using Alignment.ModelCore.Adapters.Layers;
using Alignment.ModelCore.Adapters.Parts;
using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using TorchSharp;

namespace Alignment.ModelCore.Adapters.Methods;

/// <summary>IA³: a factor for each output of keys and values, and for each input of the feed-forward's last layer. All start at one.</summary>
internal sealed class Ia3Method : IAdapterMethod
{
    public string Type => "IA3";

    public IReadOnlyList<string> Names => ["ia3"];

    public void Configure(JsonObject keys, TuningOptions tuning, DecoderConfig decoder)
    {
        keys["fan_in_fan_out"] = decoder.TransposedWeights;
        keys["init_ia3_weights"] = true;
        var own = new JsonArray([.. Usual(decoder.Family).Select(n => (JsonNode)n)]);
        keys["target_modules"] = tuning.TargetModules is ["all-linear"] ? own : keys["target_modules"]?.DeepClone();
        keys["feedforward_modules"] = tuning.FeedforwardModules.Count > 0 ? new JsonArray([.. tuning.FeedforwardModules.Select(n => (JsonNode)n)]) : new JsonArray(Usual(decoder.Family)[^1]);
    }

    private static string[] Usual(string family) => family == "gpt2" ? ["c_attn", "mlp.c_proj"] : ["k_proj", "v_proj", "down_proj"];

    public void Build(AdapterSite site)
    {
        foreach (var (path, module) in TargetModules.Of(site, "k_proj", "v_proj", "down_proj"))
        {
            var target = module as Projection ?? throw new AdapterException($"target_modules: {path} is no linear layer; IA³ has no place there.");
            var onInput = ModuleNames.IsFeedForward(site.Config, path, site.Family);
            long[] shape = onInput ? [1, target.InFeatures] : [target.OutFeatures, 1];
            var key = $"{ModuleNames.Root}{path}.";
            var start = !site.IsFresh ? site.Take(key + "ia3_l", shape)
                : site.Config.Json["init_ia3_weights"]?.ToJsonString() == "false" ? site.Normal(1, shape) : torch.ones(shape, site.DType);
            site.Parts.Add(new ProjectionPart(key, target, new Ia3(start, onInput)));
        }
    }
}

using Alignment.ModelCore.Adapters.Layers;
using Alignment.ModelCore.Adapters.Parts;
using Alignment.ModelCore.Modules;

namespace Alignment.ModelCore.Adapters.Methods;

/// <summary><c>bias</c>: all biases of the base are trained, or those of the target modules (lora_only). Copies are, so that the base stays.</summary>
internal static class TrainedBiases
{
    public static void Add(AdapterSite site)
    {
        var mode = site.Config.Bias;
        if (mode is not ("none" or "all" or "lora_only"))
        {
            throw new AdapterException($"adapter_config.json: bias is {mode}; it is one of none, all, lora_only.");
        }

        if (mode == "none")
        {
            return;
        }

        var targets = site.Parts.OfType<ProjectionPart>().Select(p => p.Projection).ToHashSet();
        foreach (var (path, module) in site.Modules)
        {
            if (module is not IReplaceable place || !place.Replaceable.Contains("bias"))
            {
                continue;
            }

            var isTarget = module is Projection p && targets.Contains(p);
            if (mode == "all" || isTarget)
            {
                var key = $"{ModuleNames.Root}{path}.{(isTarget ? "base_layer." : "")}bias";
                var own = place.Own("bias");
                site.Parts.Add(new ReplacedPart(key, place, "bias", Parameters.Copy(site.IsFresh ? own : site.Take(key, own.shape))));
            }
        }
    }
}

using System.Text.Json.Nodes;
using Alignment.ModelCore.Adapters;
using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Training;

/// <summary>
/// The section's names and layer numbers against the model's own: what would have no effect is refused. PEFT applies
/// <c>layers_to_transform</c> to lists of names only, so that <c>all-linear</c> is written out as such a list.
/// </summary>
internal static class TuningTargets
{
    /// <exception cref="OptionsException">A layer or a module is not in the model.</exception>
    public static void Settle(nn.Module model, DecoderConfig decoder, TuningOptions tuning, AdapterConfig config)
    {
        var modules = model.named_modules().Where(m => m.name.Length > 0).ToList();
        if (tuning.LayersToTransform.Count > 0)
        {
            Layers(modules.Where(m => m.module is Projection && m.name.StartsWith(decoder.Names.Body + ".", StringComparison.Ordinal)).Select(m => m.name), decoder, tuning, config);
        }

        var head = decoder.Names.LanguageHead;
        var layers = modules.Where(m => m.module is Projection or TokenEmbedding).Select(m => m.name).Append(head).ToList();
        Refuse("exclude_modules", tuning.ExcludeModules, n => layers.Any(p => p == n || p.EndsWith("." + n, StringComparison.Ordinal)), layers);
        var all = modules.Select(m => m.name).Append(head).ToList();
        Refuse("modules_to_save", tuning.ModulesToSave, n => all.Any(p => p.EndsWith(n, StringComparison.Ordinal)), all);
    }

    private static void Layers(IEnumerable<string> linear, DecoderConfig decoder, TuningOptions tuning, AdapterConfig config)
    {
        if (tuning.LayersToTransform.Any(l => l >= decoder.LayerCount))
        {
            var outside = string.Join(", ", tuning.LayersToTransform.Where(l => l >= decoder.LayerCount));
            throw new OptionsException([$"tuning.layers_to_transform: the model has no layer {outside}; its layers are 0 to {decoder.LayerCount - 1}."]);
        }

        if (config.Json["target_modules"] is not JsonValue pattern)
        {
            return;
        }

        if (pattern.ToString() != "all-linear")
        {
            throw new OptionsException([$"tuning.layers_to_transform cannot go with the pattern {pattern} in target_modules. Write the layers into the pattern, or name modules."]);
        }

        config.Json["target_modules"] = new JsonArray([.. linear.Select(Last).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(n => (JsonNode)n)]);
    }

    private static void Refuse(string key, IEnumerable<string> names, Func<string, bool> isThere, IEnumerable<string> known)
    {
        var missing = names.Where(n => !isThere(n)).ToList();
        if (missing.Count > 0)
        {
            throw new OptionsException([$"tuning.{key}: the model has no module {string.Join(", ", missing)}. Modules are named by the end of their path: "
                + $"{string.Join(", ", known.Select(Last).Where(n => !n.All(char.IsAsciiDigit)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))}."]);
        }
    }

    private static string Last(string path) => path.Split('.')[^1];
}

using Alignment.ModelCore.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Adapters.Methods;

/// <summary>The modules that target_modules and its companions name, by PEFT's rules.</summary>
internal static class TargetModules
{
    /// <param name="usual">Targets where adapter_config.json names none and the family has no own list.</param>
    public static IReadOnlyList<(string Path, nn.Module Module)> Of(AdapterSite site, params string[] usual)
    {
        var config = site.Config;
        var heads = site.Model is CausalModel || config.Task is "SEQ_CLS" or "TOKEN_CLS";
        var found = site.Modules.Where(m => m.Module is Projection or TokenEmbedding or Norm or Attention or FeedForward or DecoderBlock
            && ModuleNames.IsTarget(config, m.Path, site.Family, usual, m.Module is Projection && !(heads && site.IsHead(m.Path)))).ToList();
        if (found.Count == 0)
        {
            throw new AdapterException($"adapter_config.json: no module of this {site.Family} model matches target_modules {config.Json["target_modules"]?.ToJsonString() ?? "(default)"}. "
                + $"Its linear layers are called {string.Join(", ", site.Modules.Where(m => m.Module is Projection).Select(m => m.Path.Split('.')[^1]).Distinct(StringComparer.Ordinal))}.");
        }

        return found;
    }
}

using Alignment.ModelCore.Adapters.Layers;
using Alignment.ModelCore.Adapters.Parts;
using Alignment.ModelCore.Modules;

namespace Alignment.ModelCore.Adapters.Methods;

/// <summary><c>modules_to_save</c>: modules trained in full beside the adapter, in copies. Classifiers' heads are always among them.</summary>
internal static class TrainedModules
{
    /// <param name="root">What keys begin with: <c>base_model.model.</c>, or <c>base_model.</c> for learned prompts.</param>
    public static void Add(AdapterSite site, string root)
    {
        var names = site.Config.ModulesToSave.Concat(site.Config.Task is "SEQ_CLS" or "TOKEN_CLS" ? ["classifier", "score"] : []).ToHashSet(StringComparer.Ordinal);
        if (names.Count == 0)
        {
            return;
        }

        var tied = site.Model is CausalModel && site.Decoder.TiedEmbedding;
        var follows = site.Config.Flag("ensure_weight_tying");
        // PEFT compares the ends of paths, and what lies inside a named module goes along.
        var roots = site.Modules.Where(m => names.Any(n => m.Path.EndsWith(n, StringComparison.Ordinal))).Select(m => m.Path).ToList();
        foreach (var (path, module) in site.Modules.Where(m => m.Module is IReplaceable && roots.Any(r => m.Path == r || m.Path.StartsWith(r + ".", StringComparison.Ordinal))))
        {
            var place = (IReplaceable)module;
            foreach (var name in place.Replaceable)
            {
                var own = place.Own(name);
                var key = $"{root}{path}.{name}";
                var parted = tied && module is TokenEmbedding && path == $"{site.Decoder.Names.Body}.{site.Decoder.Names.Embedding}";
                if (parted && follows)
                {
                    ((TokenEmbedding)module).TiesReplacement = true;
                }

                site.Parts.Add(new ReplacedPart(key, place, name, Parameters.Copy(site.IsFresh ? own : site.Take(key, own.shape)), parted && !follows));
            }
        }

        if (tied && site.Model is CausalModel model && names.Any(n => site.Decoder.Names.LanguageHead.EndsWith(n, StringComparison.Ordinal)) && !follows)
        {
            var key = $"{root}{site.Decoder.Names.LanguageHead}.weight";
            var own = site.Body.EmbeddingWeight;
            site.Parts.Add(new TiedHeadPart(key, model, Parameters.Copy(site.IsFresh ? own : site.Take(key, own.shape))));
        }
    }
}

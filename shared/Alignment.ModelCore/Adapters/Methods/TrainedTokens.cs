using System.Text.Json.Nodes;
using Alignment.ModelCore.Adapters.Layers;
using Alignment.ModelCore.Adapters.Parts;
using Alignment.ModelCore.Modules;
using TorchSharp;

namespace Alignment.ModelCore.Adapters.Methods;

/// <summary><c>trainable_token_indices</c>: the rows of some tokens, of the input embedding (a list) or of named tables (a dictionary of lists).</summary>
internal static class TrainedTokens
{
    public static void Add(AdapterSite site)
    {
        var tables = site.Config.Json["trainable_token_indices"] switch
        {
            null => [],
            JsonArray list => [(Name: site.Decoder.Names.Embedding, List: list)],
            JsonObject byName => byName.Select(p => (Name: p.Key, List: p.Value as JsonArray ?? throw Wrong())).ToList(),
            _ => throw Wrong(),
        };
        foreach (var (name, list) in tables)
        {
            var (path, module) = site.Modules.FirstOrDefault(m => m.Module is TokenEmbedding && (m.Path == name || m.Path.EndsWith("." + name, StringComparison.Ordinal)));
            Add(site, path, module as TokenEmbedding ?? throw new AdapterException($"adapter_config.json: trainable_token_indices names {name}, and the model has no such embedding."), list);
        }
    }

    private static void Add(AdapterSite site, string path, TokenEmbedding embedding, JsonArray list)
    {
        var ids = list.Select(n => long.TryParse(n?.ToJsonString(), out var id) ? id : throw Wrong()).ToArray();
        var size = embedding.Weight.shape[0];
        foreach (var odd in ids.Where(i => i < 0 || i >= size).Take(1))
        {
            throw new AdapterException($"adapter_config.json: trainable_token_indices holds {odd}, and the embedding has {size} rows.");
        }

        var indices = torch.tensor(ids);
        var key = $"{ModuleNames.Root}{path}.token_adapter.trainable_tokens_delta";
        var layer = new TrainableTokens(indices, site.IsFresh ? embedding.Weight.index_select(0, indices) : site.Take(key, ids.Length, embedding.Weight.shape[1]));
        site.Parts.Add(new EmbeddingPart(embedding, layer, [(key, layer.Rows)], null, tied: false));
    }

    private static AdapterException Wrong() => new("adapter_config.json: trainable_token_indices is a list of token ids, or a dictionary of such lists.");
}

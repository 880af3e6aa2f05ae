using System.Text.Json.Nodes;
using Alignment.ModelCore.Adapters.Parts;
using Alignment.ModelCore.Adapters.Prompts;
using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Adapters.Methods;

/// <summary>Prefix tuning: keys and values for every layer, of the key/value heads' number and size; trained as they are or through a projection.</summary>
internal sealed class PrefixMethod : IAdapterMethod
{
    private const string Activations = "activations";

    public string Type => "PREFIX_TUNING";

    public IReadOnlyList<string> Names => ["prefix"];

    public void Configure(JsonObject keys, TuningOptions tuning, DecoderConfig decoder)
    {
        PromptSettings.Describe(keys, tuning.VirtualTokens, Width(decoder), decoder.KeyValueHeadCount, decoder);
        keys["prefix_projection"] = tuning.PrefixProjection;
        keys["encoder_hidden_size"] = tuning.EncoderHiddenSize > 0 ? tuning.EncoderHiddenSize : Width(decoder);
        keys["init_weights"] = tuning.PrefixInit == "activations" && !tuning.PrefixProjection ? Activations : null;
    }

    public void Build(AdapterSite site)
    {
        var width = Width(site.Decoder);
        var tokens = PromptSettings.Tokens(site, width);
        var row = 2L * site.Decoder.LayerCount * width;
        PromptEncoder? encoder = PromptSettings.FromFile(site, tokens, row);
        if (encoder is null)
        {
            var get = PromptSettings.Source(site);
            encoder = site.Config.Flag("prefix_projection")
                ? new DenseEncoder(get, "transform", tokens, [width, site.Config.Count("encoder_hidden_size", (int)width), row], x => x.tanh())
                : new DirectEncoder(site.IsFresh && site.Config.Text("init_weights") == Activations ? Sampled(site, tokens, row) : get("embedding.weight", [tokens, row]));
        }

        // What it began with says nothing about the finished prefix, and PEFT does not know the word.
        site.Config.Json["init_weights"] = site.Config.Text("init_weights") == Activations ? null : site.Config.Json["init_weights"]?.DeepClone();

        site.Parts.Add(new PromptPart(site.Body, new PrefixPrompt(encoder, tokens, site.Decoder), encoder));
    }

    /// <summary>The base's own keys and values of as many sampled tokens: the model starts as if they stood before the text (Li and Liang 2021, §7.4). (n, 2L·K·S)</summary>
    private static Tensor Sampled(AdapterSite site, int tokens, long row)
    {
        var ids = torch.randint(site.Decoder.VocabularySize, [1, tokens], ScalarType.Int64, generator: site.Generator);
        using var cache = new KeyValueCache(site.Decoder, 1, tokens, site.Body.DType);
        site.Body.Forward(site.Body.Embed(ids), past: cache);
        var layers = Enumerable.Range(0, site.Decoder.LayerCount).SelectMany(l => new[] { cache.Keys(l), cache.Values(l) });
        return torch.stack([.. layers.Select(t => t[0])], 0).permute(2, 0, 1, 3).reshape(tokens, row).to_type(site.DType);
    }

    private static long Width(DecoderConfig decoder) => (long)decoder.KeyValueHeadCount * decoder.HeadSize;
}

using System.Text.Json.Nodes;
using Alignment.ModelCore.Adapters.Parts;
using Alignment.ModelCore.Adapters.Prompts;
using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Training;

namespace Alignment.ModelCore.Adapters.Methods;

/// <summary>Prefix tuning: keys and values for every layer, of the key/value heads' number and size; trained as they are or through a projection.</summary>
internal sealed class PrefixMethod : IAdapterMethod
{
    public string Type => "PREFIX_TUNING";

    public IReadOnlyList<string> Names => ["prefix"];

    public void Configure(JsonObject keys, TuningOptions tuning, DecoderConfig decoder)
    {
        PromptSettings.Describe(keys, tuning.VirtualTokens, Width(decoder), decoder.KeyValueHeadCount, decoder);
        keys["prefix_projection"] = tuning.PrefixProjection;
        keys["encoder_hidden_size"] = tuning.EncoderHiddenSize > 0 ? tuning.EncoderHiddenSize : Width(decoder);
        keys["init_weights"] = null;
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
                : new DirectEncoder(get("embedding.weight", [tokens, row]));
        }

        site.Parts.Add(new PromptPart(site.Body, new PrefixPrompt(encoder, tokens, site.Decoder), encoder));
    }

    private static long Width(DecoderConfig decoder) => (long)decoder.KeyValueHeadCount * decoder.HeadSize;
}

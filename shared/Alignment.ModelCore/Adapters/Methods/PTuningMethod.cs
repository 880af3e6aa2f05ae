using System.Text.Json.Nodes;
using Alignment.ModelCore.Adapters.Parts;
using Alignment.ModelCore.Adapters.Prompts;
using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Training;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Adapters.Methods;

/// <summary>P-tuning: virtual tokens before the text's, made by a small network that is trained instead of the embeddings themselves.</summary>
internal sealed class PTuningMethod : IAdapterMethod
{
    public string Type => "P_TUNING";

    public IReadOnlyList<string> Names => ["p_tuning"];

    public void Configure(JsonObject keys, TuningOptions tuning, DecoderConfig decoder)
    {
        PromptSettings.Describe(keys, tuning.VirtualTokens, decoder.Width, decoder.HeadCount, decoder);
        keys["encoder_reparameterization_type"] = tuning.EncoderType.ToUpperInvariant();
        keys["encoder_hidden_size"] = tuning.EncoderHiddenSize > 0 ? tuning.EncoderHiddenSize : decoder.Width;
        keys["encoder_num_layers"] = tuning.EncoderLayers;
        keys["encoder_dropout"] = 0.0;
    }

    public void Build(AdapterSite site)
    {
        var (config, width) = (site.Config, site.Decoder.Width);
        var tokens = PromptSettings.Tokens(site, width);
        PromptEncoder encoder = (PromptEncoder?)PromptSettings.FromFile(site, tokens, width) ?? Network(site, tokens, width, config.Count("encoder_hidden_size", width));
        site.Parts.Add(new PromptPart(site.Body, new TokenPrompt(encoder, tokens), encoder));
    }

    private static PromptEncoder Network(AdapterSite site, int tokens, int width, int hidden) => (site.Config.Text("encoder_reparameterization_type") ?? "MLP") switch
    {
        // PEFT's MLP has three layers whatever encoder_num_layers says.
        "MLP" => new DenseEncoder(PromptSettings.Source(site), "mlp_head", tokens, [width, hidden, hidden, width], x => nn.functional.relu(x)),
        "LSTM" => new LstmEncoder(PromptSettings.Source(site, hidden), tokens, width, hidden, site.Config.Count("encoder_num_layers", 2), site.Config.Number("encoder_dropout", 0)),
        var other => throw new AdapterException($"adapter_config.json: encoder_reparameterization_type is {other}; it is MLP or LSTM."),
    };
}

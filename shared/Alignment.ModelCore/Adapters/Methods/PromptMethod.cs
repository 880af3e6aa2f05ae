using System.Text.Json.Nodes;
using Alignment.ModelCore.Adapters.Parts;
using Alignment.ModelCore.Adapters.Prompts;
using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Adapters.Methods;

/// <summary>Prompt tuning: embeddings of virtual tokens before the text's, begun at random, from a text, or from sampled tokens.</summary>
internal sealed class PromptMethod : IAdapterMethod
{
    public string Type => "PROMPT_TUNING";

    public IReadOnlyList<string> Names => ["prompt"];

    public void Configure(JsonObject keys, TuningOptions tuning, DecoderConfig decoder)
    {
        PromptSettings.Describe(keys, tuning.VirtualTokens, decoder.Width, decoder.HeadCount, decoder);
        keys["prompt_tuning_init"] = tuning.PromptInit.ToUpperInvariant();
        keys["prompt_tuning_init_text"] = tuning.PromptText.Length == 0 ? null : tuning.PromptText;
        keys["tokenizer_name_or_path"] = null;
        keys["tokenizer_kwargs"] = null;
    }

    public void Build(AdapterSite site)
    {
        var width = site.Decoder.Width;
        var tokens = PromptSettings.Tokens(site, width);
        var encoder = PromptSettings.FromFile(site, tokens, width) ?? new DirectEncoder(site.IsFresh ? Start(site, tokens) : PromptSettings.Source(site)("embedding.weight", [tokens, width]));
        site.Parts.Add(new PromptPart(site.Body, new TokenPrompt(encoder, tokens), encoder));
    }

    private static Tensor Start(AdapterSite site, int tokens)
    {
        var table = site.Body.EmbeddingWeight;
        Tensor Rows(Tensor ids) => table.index_select(0, ids).to_type(site.DType);
        return (site.Config.Text("prompt_tuning_init") ?? "RANDOM") switch
        {
            "RANDOM" => site.Normal(1, tokens, table.shape[1]),
            "SAMPLE_VOCAB" => Rows(torch.randint(table.shape[0], [tokens], ScalarType.Int64, generator: site.Generator)),
            "TEXT" => Rows(torch.tensor(PromptStart.FromText(PromptStart.Encode(site.Config.Text("tokenizer_name_or_path"), site.Config.Text("prompt_tuning_init_text")), tokens).ToArray())),
            var other => throw new AdapterException($"adapter_config.json: prompt_tuning_init is {other}; it is one of RANDOM, TEXT, SAMPLE_VOCAB."),
        };
    }
}

using System.Text.Json.Nodes;
using Alignment.ModelCore.Adapters.Parts;
using Alignment.ModelCore.Adapters.Prompts;
using Alignment.ModelCore.Architectures;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Adapters.Methods;

/// <summary>What the three methods of learned prompts have in common.</summary>
internal static class PromptSettings
{
    /// <summary>Keys that PEFT derives from the base.</summary>
    public static void Describe(JsonObject keys, int tokens, long tokenWidth, int heads, DecoderConfig decoder)
    {
        keys["num_virtual_tokens"] = tokens;
        keys["token_dim"] = tokenWidth;
        keys["num_attention_heads"] = heads;
        keys["num_layers"] = decoder.LayerCount;
        keys["num_transformer_submodules"] = 1;
    }

    /// <summary>num_virtual_tokens, and the refusal of what a decoder has not.</summary>
    public static int Tokens(AdapterSite site, long tokenWidth)
    {
        Check(site, "num_transformer_submodules", 1);
        Check(site, "num_layers", site.Decoder.LayerCount);
        Check(site, "token_dim", tokenWidth);
        return site.Config.Count("num_virtual_tokens", 0);
    }

    /// <summary>The rows of a file, or null where the encoder itself is given or starts anew.</summary>
    public static DirectEncoder? FromFile(AdapterSite site, int tokens, long width) => site.Has(PromptPart.Key) ? new(site.Take(PromptPart.Key, tokens, width)) : null;

    /// <summary>A parameter of the encoder: given, or as torch starts its layers (embeddings N(0, 1), linear layers and LSTMs uniform in ±1/√fan).</summary>
    public static Func<string, long[], Tensor> Source(AdapterSite site, long lstm = 0) => (name, shape) => !site.IsFresh ? site.Take(PromptEncoder.Prefix + name, shape)
        : name.StartsWith("embedding", StringComparison.Ordinal) ? site.Normal(1, shape)
        : site.Uniform(1 / Math.Sqrt(name.StartsWith("lstm", StringComparison.Ordinal) ? lstm : shape.Length == 2 ? shape[1] : shape[0]), shape);

    private static void Check(AdapterSite site, string key, long wanted)
    {
        if (site.Config.Number(key, wanted) is var found && found != wanted)
        {
            throw new AdapterException($"adapter_config.json: {key} is {found}, and the model has {wanted}.");
        }
    }
}

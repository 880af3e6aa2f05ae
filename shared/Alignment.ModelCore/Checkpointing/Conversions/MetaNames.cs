namespace Alignment.ModelCore.Checkpointing.Conversions;

/// <summary>Tensor names of Meta's own Llama files.</summary>
public static class MetaNames
{
    private static readonly Dictionary<string, string> Whole = new(StringComparer.Ordinal)
    {
        ["tok_embeddings.weight"] = "model.embed_tokens.weight",
        ["norm.weight"] = "model.norm.weight",
        ["output.weight"] = "lm_head.weight",
    };

    private static readonly Dictionary<string, string> Parts = new(StringComparer.Ordinal)
    {
        ["attention.wq"] = "self_attn.q_proj", ["attention.wk"] = "self_attn.k_proj", ["attention.wv"] = "self_attn.v_proj", ["attention.wo"] = "self_attn.o_proj",
        ["feed_forward.w1"] = "mlp.gate_proj", ["feed_forward.w3"] = "mlp.up_proj", ["feed_forward.w2"] = "mlp.down_proj",
        ["attention_norm"] = "input_layernorm", ["ffn_norm"] = "post_attention_layernorm",
    };

    /// <summary>The Hugging Face name, or null for a name Meta does not use.</summary>
    public static string? ToHuggingFace(string name)
    {
        if (Whole.TryGetValue(name, out var whole))
        {
            return whole;
        }

        var pieces = name.Split('.', 3);
        if (pieces is not ["layers", var layer, var rest] || rest.LastIndexOf('.') is not (> 0 and var dot))
        {
            return null;
        }

        return Parts.TryGetValue(rest[..dot], out var part) ? $"model.layers.{layer}.{part}{rest[dot..]}" : null;
    }
}

namespace Alignment.ModelCore.Architectures;

/// <summary>What a family calls its parts in checkpoints; module paths are the same, so that adapters name them as users expect.</summary>
public sealed record DecoderNames
{
    /// <summary>Llama, Mistral, Qwen and Gemma.</summary>
    public static DecoderNames Llama { get; } = new();

    public static DecoderNames Gpt2 { get; } = new()
    {
        Body = "transformer", Embedding = "wte", Positions = "wpe", Layers = "h", FinalNorm = "ln_f",
        AttentionNorm = "ln_1", Attention = "attn", FusedQueryKeyValue = "c_attn", Output = "c_proj",
        MlpNorm = "ln_2", Mlp = "mlp", Gate = null, Up = "c_fc", Down = "c_proj", TokenHead = "classifier",
        IgnoredSuffixes = ["attn.bias", "attn.masked_bias"],
    };

    public string Body { get; init; } = "model";

    public string Embedding { get; init; } = "embed_tokens";

    /// <summary>Learned positions; null where positions are rotary.</summary>
    public string? Positions { get; init; }

    public string Layers { get; init; } = "layers";

    public string FinalNorm { get; init; } = "norm";

    public string AttentionNorm { get; init; } = "input_layernorm";

    public string Attention { get; init; } = "self_attn";

    public string Query { get; init; } = "q_proj";

    public string Key { get; init; } = "k_proj";

    public string Value { get; init; } = "v_proj";

    /// <summary>One matrix for the three projections, q then k then v; null where they are separate.</summary>
    public string? FusedQueryKeyValue { get; init; }

    public string Output { get; init; } = "o_proj";

    public string QueryNorm { get; init; } = "q_norm";

    public string KeyNorm { get; init; } = "k_norm";

    public string MlpNorm { get; init; } = "post_attention_layernorm";

    public string Mlp { get; init; } = "mlp";

    /// <summary>Null where the MLP is not gated.</summary>
    public string? Gate { get; init; } = "gate_proj";

    public string Up { get; init; } = "up_proj";

    public string Down { get; init; } = "down_proj";

    public string LanguageHead { get; init; } = "lm_head";

    public string SequenceHead { get; init; } = "score";

    public string TokenHead { get; init; } = "score";

    /// <summary>Buffers that older writers stored among the weights and that mean nothing.</summary>
    public IReadOnlyList<string> IgnoredSuffixes { get; init; } = ["rotary_emb.inv_freq"];
}

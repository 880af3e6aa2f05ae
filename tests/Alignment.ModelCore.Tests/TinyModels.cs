using Alignment.ModelCore.Architectures;

namespace Alignment.ModelCore.Tests;

/// <summary>Models small enough to be made in a test.</summary>
internal static class TinyModels
{
    public static DecoderConfig Llama() => DecoderConfig.Parse("""
        {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": 40, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2,
         "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64, "pad_token_id": 0, "initializer_range": 0.5}
        """);
}

using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Modules;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Tests.Recipes;

/// <summary>A model and rows small enough to train in a moment. Chosen answers hold token 9, rejected ones token 11.</summary>
internal static class TinyPolicy
{
    public static CausalModel Create(ScalarType dtype = ScalarType.Float32, string more = "") => CausalModel.Create(DecoderConfig.Parse($$"""
        {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": 64, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
         "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64, "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "tie_word_embeddings": true{{more}}}
        """), 5, dtype);

    public static IReadOnlyList<TokenPair> Pairs()
    {
        var random = new Random(4);
        int[] Ids(int n) => [.. Enumerable.Range(0, n).Select(_ => random.Next(12, 60))];
        return [.. Enumerable.Range(0, 16).Select(i => new TokenPair(Ids(3 + (i % 4)), [.. Ids(i % 5), 9, 2], [.. Ids(i % 3), 11, 2]))];
    }

    public static IReadOnlyList<LabelledCompletion> Labelled() =>
        [.. Pairs().Select((p, i) => i % 2 == 0 ? new LabelledCompletion(p.Prompt, p.Chosen, true) : new LabelledCompletion(p.Prompt, p.Rejected, false))];
}

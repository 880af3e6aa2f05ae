using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Generation;
using Alignment.ModelCore.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Tests.Generation;

/// <summary>Token by token over a cache, in a padded batch, gives what one pass over the whole text gives: for every family's peculiarities.</summary>
public sealed class FamilyDecodingTests
{
    private const string Sizes = "\"vocab_size\":48,\"hidden_size\":32,\"intermediate_size\":40,\"num_hidden_layers\":3,\"max_position_embeddings\":128,\"eos_token_id\":2,";
    private static readonly IReadOnlyList<int>[] Prompts = [[1, 5, 7, 9, 4, 11, 3, 8, 6, 10], [12], [9, 9, 4]];

    [Theory]
    [InlineData("\"model_type\":\"llama\",\"num_attention_heads\":4,\"num_key_value_heads\":1,\"head_dim\":12,\"attention_bias\":true,\"mlp_bias\":true")]
    [InlineData("\"model_type\":\"llama\",\"num_attention_heads\":4,\"num_key_value_heads\":4,\"tie_word_embeddings\":true,\"rope_parameters\":{\"rope_type\":\"yarn\",\"rope_theta\":5000.0,\"factor\":4.0,\"original_max_position_embeddings\":32}")]
    [InlineData("\"model_type\":\"mistral\",\"num_attention_heads\":4,\"num_key_value_heads\":2,\"sliding_window\":4")]
    [InlineData("\"model_type\":\"mistral\",\"num_attention_heads\":2,\"num_key_value_heads\":2,\"sliding_window\":1")]
    [InlineData("\"model_type\":\"qwen2\",\"num_attention_heads\":4,\"num_key_value_heads\":2,\"use_sliding_window\":true,\"sliding_window\":3,\"layer_types\":[\"sliding_attention\",\"full_attention\",\"sliding_attention\"]")]
    [InlineData("\"model_type\":\"qwen3\",\"num_attention_heads\":2,\"num_key_value_heads\":1,\"head_dim\":24")]
    [InlineData("\"model_type\":\"gemma\",\"num_attention_heads\":2,\"num_key_value_heads\":1,\"head_dim\":20")]
    [InlineData("\"model_type\":\"gpt2\",\"n_embd\":32,\"n_head\":4,\"n_layer\":3,\"n_positions\":128,\"scale_attn_by_inverse_layer_idx\":true,\"tie_word_embeddings\":false,\"activation_function\":\"tanh\"")]
    public void Generate_PaddedBatch_LogProbsAreThoseOfOnePass(string family)
    {
        torch.set_num_threads(1);
        using var scope = torch.NewDisposeScope();
        using var model = CausalModel.Create(DecoderConfig.Parse($"{{{Sizes}{family}}}"), 5, ScalarType.Float64);
        model.eval();
        using (torch.no_grad())
        {
            foreach (var (_, parameter) in model.named_parameters())
            {
                // Large enough that a wrong mask, position or head shows.
                parameter.add_(torch.randn_like(parameter) * 0.2);
            }
        }

        var options = new GenerationOptions { Sample = true, MaxNewTokens = 9, Seed = 3, EosTokenIds = [2] };
        var generated = new SequenceGenerator(model).Generate(Prompts, options, null, TestContext.Current.CancellationToken);
        foreach (var s in generated)
        {
            var ids = Prompts[s.Prompt].Concat(s.Ids).Select(i => (long)i).ToArray();
            var all = model.Forward(torch.tensor(ids).view(1, -1)).log_softmax(-1);
            for (var i = 0; i < s.Ids.Count; i++)
            {
                Assert.Equal(all[0, Prompts[s.Prompt].Count + i - 1, s.Ids[i]].item<double>(), s.LogProbs[i], 1e-5);
            }
        }

        using var prefix = new PrefixCache();
        var first = new SequenceGenerator(model).Generate([Prompts[0]], options, null, TestContext.Current.CancellationToken, prefix)[0];
        IReadOnlyList<int> next = [.. Prompts[0], .. first.Ids, 13, 14];
        Assert.Equal(
            new SequenceGenerator(model).Generate([next], options, null, TestContext.Current.CancellationToken)[0].Ids,
            new SequenceGenerator(model).Generate([next], options, null, TestContext.Current.CancellationToken, prefix)[0].Ids);
        Assert.True(prefix.Reused >= Prompts[0].Count);
    }
}

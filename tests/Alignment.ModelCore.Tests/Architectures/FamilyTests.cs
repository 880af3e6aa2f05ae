using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Kernels;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Tests.Architectures;

public sealed class FamilyTests
{
    // The same model in every spelling that has been published: transformers 5, late 4, 4, and early releases.
    [Theory]
    [InlineData("""{"model_type":"llama","rope_parameters":{"rope_type":"llama3","rope_theta":500000.0,"factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":8192},"dtype":"bfloat16"}""")]
    [InlineData("""{"model_type":"llama","rope_theta":500000.0,"rope_scaling":{"rope_type":"llama3","factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":8192},"dtype":"bfloat16"}""")]
    [InlineData("""{"model_type":"llama","rope_theta":500000,"rope_scaling":{"type":"llama3","factor":8,"low_freq_factor":1,"high_freq_factor":4,"original_max_position_embeddings":8192},"torch_dtype":"bfloat16","head_dim":null}""")]
    public void Parse_RopeSpellings_AreOneConfiguration(string json)
    {
        var config = DecoderConfig.Parse(json);
        Assert.Equal(new RopeConfig("llama3", 500_000, 8, 1, 4, 8192), config.Rope);
        Assert.Equal(("bfloat16", 128, 32, false), (config.DType, config.HeadSize, config.KeyValueHeadCount, config.TiedEmbedding));
    }

    [Fact]
    public void Parse_Yarn_ReadsEveryKnobAndTakesZeroForAbsent()
    {
        var rope = DecoderConfig.Parse("""{"model_type":"qwen2","max_position_embeddings":131072,"rope_scaling":{"rope_type":"yarn","factor":4.0,"original_max_position_embeddings":32768,"beta_fast":0,"mscale":0.707,"mscale_all_dim":1.0,"truncate":false}}""").Rope!;
        Assert.Equal((32, 1, 0.707, 1.0, false), (rope.BetaFast, rope.BetaSlow, rope.MScale, rope.MScaleAllDimensions, rope.Truncate));
        // (0.1·0.707·ln 4 + 1) / (0.1·1·ln 4 + 1)
        Assert.Equal(((0.0707 * Math.Log(4)) + 1) / ((0.1 * Math.Log(4)) + 1), RotaryFrequencies.Compute(rope, 64).AttentionFactor, 1e-15);
        Assert.Equal(1.25, RotaryFrequencies.Compute(rope with { AttentionFactor = 1.25 }, 64).AttentionFactor);
    }

    [Fact]
    public void Parse_YarnWithoutFactor_StretchesByTheRatioOfLengths() => Assert.Equal(
        16, DecoderConfig.Parse("""{"model_type":"llama","max_position_embeddings":65536,"rope_parameters":{"rope_type":"yarn","rope_theta":10000.0,"original_max_position_embeddings":4096}}""").Rope!.Factor);

    [Theory]
    [InlineData("""{"model_type":"mistral"}""", 4096, true, true)]
    [InlineData("""{"model_type":"mistral","sliding_window":null}""", null, false, false)]
    [InlineData("""{"model_type":"mistral","sliding_window":16}""", 16, true, true)]
    [InlineData("""{"model_type":"qwen2","sliding_window":16,"num_hidden_layers":4,"max_window_layers":2}""", null, false, false)]
    [InlineData("""{"model_type":"qwen2","sliding_window":16,"use_sliding_window":true,"num_hidden_layers":4,"max_window_layers":2}""", 16, false, true)]
    [InlineData("""{"model_type":"qwen2","sliding_window":null,"use_sliding_window":true,"num_hidden_layers":4,"max_window_layers":0}""", null, false, false)]
    [InlineData("""{"model_type":"qwen3","use_sliding_window":true,"num_hidden_layers":2,"layer_types":["sliding_attention","full_attention"]}""", 4096, true, false)]
    public void Parse_Windows_FollowTheFamily(string json, int? window, bool first, bool last)
    {
        var config = DecoderConfig.Parse(json);
        Assert.Equal((window, first, last), (config.SlidingWindow, config.IsWindowed(0), config.IsWindowed(config.LayerCount - 1)));
    }

    [Theory]
    [InlineData("""{"model_type":"llama","attention_bias":true,"mlp_bias":true}""", true, true, true)]
    [InlineData("""{"model_type":"qwen2"}""", true, false, false)]
    [InlineData("""{"model_type":"qwen3","attention_bias":true}""", true, true, false)]
    [InlineData("""{"model_type":"gemma","attention_bias":true}""", true, true, false)]
    [InlineData("""{"model_type":"gpt2"}""", true, true, true)]
    public void Parse_Biases_FollowTheFamily(string json, bool queryKeyValue, bool output, bool mlp)
    {
        var config = DecoderConfig.Parse(json);
        Assert.Equal((queryKeyValue, output, mlp), (config.QueryKeyValueBias, config.OutputBias, config.MlpBias));
    }

    [Fact]
    public void Parse_Gpt2_ScalesPerLayer()
    {
        var config = DecoderConfig.Parse("""{"model_type":"gpt2","n_embd":64,"n_head":4,"n_layer":3,"scale_attn_by_inverse_layer_idx":true,"n_inner":100}""");
        Assert.Equal([0.25, 0.125, 0.25 / 3], config.AttentionScales!);
        Assert.Equal((100, true), (config.MlpWidth, config.TiedEmbedding));
        Assert.Equal([1.0, 1, 1], DecoderConfig.Parse("""{"model_type":"gpt2","n_embd":64,"n_head":4,"n_layer":3,"scale_attn_weights":false}""").AttentionScales!);
    }

    [Theory]
    [InlineData("""{"model_type":"mamba"}""", "model_type 'mamba' is not supported; known are gemma, gpt2, llama, mistral, qwen2, qwen3")]
    [InlineData("""{"model_type":"llama","rope_scaling":{"type":"longrope","factor":4}}""", "rope_type 'longrope' is not supported")]
    [InlineData("""{"model_type":"llama","hidden_act":"snake"}""", "activation 'snake' is not supported; known are gelu")]
    [InlineData("""{"model_type":"llama","partial_rotary_factor":0.5}""", "partial_rotary_factor 0.5 is not supported")]
    [InlineData("""{"model_type":"qwen2","layer_types":["chunked_attention"],"num_hidden_layers":1}""", "layer type 'chunked_attention' is not supported")]
    [InlineData("""{"model_type":"llama","hidden_size":"wide"}""", "hidden_size is \"wide\", expected a whole number")]
    public void Parse_Unknown_IsRefusedByName(string json, string expected) =>
        Assert.Contains(expected, Assert.Throws<ArchitectureException>(() => DecoderConfig.Parse(json)).Message, StringComparison.Ordinal);

    // Values by hand at x = 1.5.
    [Theory]
    [InlineData("silu", 1.2263617)]
    [InlineData("swish", 1.2263617)]
    [InlineData("gelu", 1.3997892)]
    [InlineData("gelu_new", 1.3995716)]
    [InlineData("gelu_fast", 1.3995716)]
    [InlineData("quick_gelu", 1.3916622)]
    [InlineData("relu", 1.5)]
    [InlineData("relu2", 2.25)]
    [InlineData("tanh", 0.9051483)]
    [InlineData("mish", 1.4033783)]
    public void Activation_ByName_IsTheFunction(string name, double expected) =>
        Assert.Equal(expected, Activations.Find(name)(tensor(new[] { 1.5 })).item<double>(), 1e-6);
}

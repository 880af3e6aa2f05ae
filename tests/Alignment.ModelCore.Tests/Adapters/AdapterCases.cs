using System.Text.Json.Nodes;
using Alignment.ModelCore.Adapters;
using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Tests.Adapters;

/// <summary>Every method with its variants, as job files ask for them.</summary>
internal static class AdapterCases
{
    /// <summary>Methods that leave a model's answers as they are until they are trained.</summary>
    public static TheoryData<string> OnLayers =>
    [
        "lora", "lora rank=3 target_modules=q_proj,down_proj", "lora bias=all", "lora bias=lora_only target_modules=q_proj", "lora modules_to_save=lm_head", "lora use_rslora=true", "rslora",
        "lora rank_pattern=q_proj=2 alpha_pattern=v_proj=3", "lora layers_to_transform=1", "lora trainable_token_indices=3,5", "lora target_modules=embed_tokens,v_proj", "lora init_lora_weights=gaussian",
        "lora target_modules=lm_head,q_proj", "dora", "dora rank=2 target_modules=lm_head,o_proj", "ia3", "ia3 target_modules=q_proj,up_proj feedforward_modules=up_proj",
        "bottleneck", "bottleneck placement=houlsby", "bottleneck placement=parallel non_linearity=gelu", "bottleneck learned_scale=true reduction_factor=4",
    ];

    public static TheoryData<string> Prompts =>
    [
        "prefix virtual_tokens=3", "prefix virtual_tokens=2 prefix_projection=true encoder_hidden_size=6", "prompt virtual_tokens=3", "prompt virtual_tokens=4 prompt_init=random",
        "p_tuning virtual_tokens=3 encoder_hidden_size=5", "p_tuning virtual_tokens=3 encoder_type=lstm encoder_hidden_size=4 encoder_layers=2",
    ];

    public static TheoryData<string> All => [.. OnLayers.Select(c => c.Data), .. Prompts.Select(c => c.Data)];

    public static TuningOptions Options(string words) => OptionBinder.Bind<TestOptions>(Keys(words)).Tuning;

    public static JsonObject Keys(string words)
    {
        var split = words.Split(' ');
        var keys = new JsonObject { ["tuning.method"] = split[0] };
        foreach (var pair in split.Skip(1).Select(w => w.Split('=', 2)))
        {
            keys["tuning." + pair[0]] = pair[1].Contains(',', StringComparison.Ordinal) ? new JsonArray([.. pair[1].Split(',').Select(p => (JsonNode)p)]) : pair[1];
        }

        return keys;
    }

    public static CausalModel Model(ScalarType dtype = ScalarType.Float64) => CausalModel.Create(TinyModels.Llama(), 3, dtype);

    /// <summary>A GPT-2 in small: fused projection, weights kept as (in, out), biases, learned positions, tied head.</summary>
    public static CausalModel Gpt2(ScalarType dtype = ScalarType.Float64) => CausalModel.Create(DecoderConfig.Parse("""
        {"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "vocab_size": 40, "n_embd": 16, "n_layer": 2, "n_head": 4, "n_positions": 64, "n_inner": 24, "resid_pdrop": 0, "embd_pdrop": 0, "attn_pdrop": 0}
        """), 3, dtype);

    public static AdapterSet Fresh(CausalModel model, string words) => AdapterBuilder.Create(model, AdapterBuilder.Configure(Options(words), model.Config), 7);

    /// <summary>An adapter as it might be after training: nothing of it is at its start.</summary>
    public static AdapterSet Moved(CausalModel model, string words)
    {
        var adapter = Fresh(model, words);
        using var none = no_grad();
        using var generator = new Generator(11);
        foreach (var (_, value) in adapter.Tensors)
        {
            value.add_(randn(value.shape, value.dtype, generator: generator).mul(0.1));
        }

        return adapter;
    }

    public static Tensor Ids() => arange(1, 13, ScalarType.Int64).view(2, 6);

    internal sealed class TestOptions : TrainingOptions;
}

using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Tests.Adapters;
using Alignment.ModelCore.Training;
using TorchSharp;

namespace Alignment.ModelCore.Tests.Training;

public sealed class TuningOptionsTests
{
    [Theory]
    [InlineData("full rank=4", "tuning.rank needs method: lora or rslora or dora")]
    [InlineData("prompt dropout=0.1", "tuning.dropout needs method")]
    [InlineData("lora virtual_tokens=3", "tuning.virtual_tokens needs method: prefix or prompt or p_tuning")]
    [InlineData("lora trainable_layers=1", "tuning.trainable_layers needs method: freeze")]
    [InlineData("rslora use_rslora=false", "contradicts method: rslora")]
    [InlineData("lora init_lora_weights=pissa merge=false", "changes the base")]
    [InlineData("lora rank_pattern=q_proj", "pattern=number")]
    [InlineData("lora layers_to_transform=-1", "layers_to_transform")]
    [InlineData("prefix merge=true", "merge: true cannot go with method: prefix")]
    [InlineData("prompt prompt_init=text", "prompt_text is empty")]
    [InlineData("prompt prompt_text=hello", "prompt_init is sample_vocab")]
    [InlineData("prefix encoder_hidden_size=8", "prefix_projection: true")]
    [InlineData("p_tuning encoder_layers=3", "encoder_type: lstm")]
    [InlineData("ia3 placement=houlsby", "tuning.placement needs method: bottleneck")]
    [InlineData("full quantise=nf4", "quantise: nf4 needs an adapter")]
    [InlineData("lorra", "lora")]
    public void Bind_ContradictoryKeys_AreRefusedByName(string words, string expected) =>
        Assert.Contains(expected, Assert.Throws<OptionsException>(() => AdapterCases.Options(words)).Message, StringComparison.Ordinal);

    [Fact]
    public void Lora_OneLayerOfAllLinear_OnlyItGetsAnAdapter()
    {
        using var llama = TunedModel.Causal(AdapterCases.Model(torch.ScalarType.Float32), new AdapterCases.TestOptions { Tuning = new() { Method = "lora", LayersToTransform = [1] } });
        using var gpt2 = TunedModel.Causal(AdapterCases.Gpt2(torch.ScalarType.Float32), new AdapterCases.TestOptions { Tuning = new() { Method = "lora", LayersToTransform = [1] } });
        Assert.Equal(14, llama.Trainable.Count);
        Assert.Equal(8, gpt2.Trainable.Count);
        Assert.All(llama.Trainable, t => Assert.Contains(".layers.1.", t.Name, StringComparison.Ordinal));
        Assert.All(gpt2.Trainable, t => Assert.Contains(".h.1.", t.Name, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1, new[] { "model.layers.1.", "model.norm.", "lm_head." })]
    [InlineData(-1, new[] { "model.layers.0.", "model.norm.", "lm_head." })]
    [InlineData(0, new[] { "model.norm.", "lm_head." })]
    public void Freeze_FirstOrLastLayers_OnlyTheyAndTheEndLearn(int layers, string[] expected)
    {
        using var model = AdapterCases.Model(torch.ScalarType.Float32);
        using var tuned = TunedModel.Causal(model, new AdapterCases.TestOptions { Tuning = new() { Method = "freeze", TrainableLayers = layers } });
        Assert.All(tuned.Trainable, t => Assert.Contains(expected, e => t.Name.StartsWith(e, StringComparison.Ordinal)));
        Assert.All(expected, e => Assert.Contains(tuned.Trainable, t => t.Name.StartsWith(e, StringComparison.Ordinal)));
        Assert.False(tuned.HoldsBase);
    }

    [Fact]
    public void Freeze_MoreLayersThanThereAre_IsRefused()
    {
        using var model = AdapterCases.Model(torch.ScalarType.Float32);
        var e = Assert.Throws<OptionsException>(() => TunedModel.Causal(model, new AdapterCases.TestOptions { Tuning = new() { Method = "freeze", TrainableLayers = 3 } }));
        Assert.Contains("the model has 2 layers", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AsBase_UntilDisposed_IsTheBase()
    {
        using var scope = torch.NewDisposeScope();
        using var none = torch.no_grad();
        var model = AdapterCases.Model(torch.ScalarType.Float32);
        var before = model.Forward(AdapterCases.Ids());
        using var tuned = TunedModel.Causal(model, new AdapterCases.TestOptions { Tuning = new() { Method = "prefix", VirtualTokens = 2 } });
        Assert.True(tuned.HoldsBase);
        var on = model.Forward(AdapterCases.Ids());
        using (tuned.AsBase())
        {
            Assert.True(before.allclose(model.Forward(AdapterCases.Ids()), 0, 0));
        }

        Assert.True(on.allclose(model.Forward(AdapterCases.Ids()), 0, 0));
    }

    [Fact]
    public void HoldsBase_AdapterThatTookFromTheBase_IsFalse()
    {
        using var tuned = TunedModel.Causal(AdapterCases.Model(torch.ScalarType.Float32), new AdapterCases.TestOptions { Tuning = new() { Method = "lora", InitLoraWeights = "pissa", Rank = 4 } });
        Assert.False(tuned.HoldsBase);
        Assert.Throws<InvalidOperationException>(tuned.AsBase);
    }
}

using System.Text.Json.Nodes;
using Alignment.ModelCore.Adapters;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Tests.Adapters;

/// <summary>Adapter folders that do not fit: errors that name file and key, never another kind of failure.</summary>
public sealed class AdapterFilesTests : IDisposable
{
    private readonly DisposeScope scope = torch.NewDisposeScope();
    private readonly string folder = Directory.CreateTempSubdirectory("adapter").FullName;

    public void Dispose()
    {
        scope.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Load_TensorMissing_IsNamed() => Assert.Contains("layers.1.self_attn.q_proj.lora_B.weight", Refused(tensors => tensors.Remove("base_model.model.model.layers.1.self_attn.q_proj.lora_B.weight")), StringComparison.Ordinal);

    [Fact]
    public void Load_TensorTooMany_IsNamed() => Assert.Contains("base_model.model.model.layers.7.self_attn.q_proj.lora_A.weight",
        Refused(tensors => tensors["base_model.model.model.layers.7.self_attn.q_proj.lora_A.weight"] = zeros([4, 16])), StringComparison.Ordinal);

    [Fact]
    public void Load_TensorMisshapen_SaysBothShapes()
    {
        var e = Refused(tensors => tensors["base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"] = zeros([3, 16]));
        Assert.Contains("layers.0.self_attn.q_proj.lora_A.weight is [3, 16]", e, StringComparison.Ordinal);
        Assert.Contains("[4, 16]", e, StringComparison.Ordinal);
        Assert.Contains(folder, e, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"peft_type": "VERA"}""", "peft_type VERA")]
    [InlineData("""{"r": 4}""", "no peft_type")]
    [InlineData("""{"peft_type": "LORA", "r": 0}""", "r is 0")]
    [InlineData("""{"peft_type": "LORA", "r": "four"}""", "r is \"four\"")]
    [InlineData("""{"peft_type": "LORA", "r": 4, "target_modules": ["query"]}""", "q_proj")]
    [InlineData("""{"peft_type": "LORA", "r": 4, "target_modules": "(["}""", "not a usable pattern")]
    [InlineData("""{"peft_type": "LORA", "r": 4, "target_modules": 3}""", "target_modules")]
    [InlineData("""{"peft_type": "LORA", "r": 4, "target_modules": ["q_proj"], "bias": "some"}""", "bias is some")]
    [InlineData("""{"peft_type": "LORA", "r": 4, "target_modules": ["q_proj"], "use_qalora": true}""", "use_qalora")]
    [InlineData("""{"peft_type": "LORA", "r": 4, "target_modules": ["q_proj"], "rank_pattern": {"q_proj": "x"}}""", "rank_pattern")]
    [InlineData("""{"peft_type": "LORA", "r": 4, "target_modules": ["q_proj"], "trainable_token_indices": [99]}""", "99")]
    [InlineData("""{"peft_type": "LORA", "r": 4, "target_modules": ["self_attn"]}""", "self_attn")]
    [InlineData("""{"peft_type": "PREFIX_TUNING", "num_virtual_tokens": 2, "num_layers": 5}""", "num_layers is 5")]
    [InlineData("""{"peft_type": "PROMPT_TUNING"}""", "num_virtual_tokens")]
    [InlineData("""{"peft_type": "BOTTLENECK", "output_adapter": true, "non_linearity": "cubic"}""", "cubic")]
    [InlineData("""{"peft_type": "BOTTLENECK", "output_adapter": true, "ln_before": true}""", "ln_before")]
    public void Load_SettingsThatDoNotFit_NameTheKey(string json, string expected)
    {
        Write(_ => { });
        File.WriteAllText(Path.Combine(folder, AdapterConfig.FileName), json);
        using var model = AdapterCases.Model(ScalarType.Float32);
        Assert.Contains(expected, Assert.Throws<AdapterException>(() => AdapterFolder.Load(model, folder)).Message, StringComparison.Ordinal);
        Assert.Empty(model.modules().OfType<Projection>().SelectMany(p => p.Adapters));
    }

    [Fact]
    public void Load_PickleOnly_IsRefused()
    {
        Write(_ => { });
        File.Move(Path.Combine(folder, AdapterFolder.Weights), Path.Combine(folder, "adapter_model.bin"));
        using var model = AdapterCases.Model(ScalarType.Float32);
        Assert.Contains("pickle", Assert.Throws<AdapterException>(() => AdapterFolder.Load(model, folder)).Message, StringComparison.Ordinal);
    }

    // Any value in the place of any other: what is wrong is said, or the adapter still works.
    [Fact]
    public void Load_MutatedSettings_FailInOneWayOnly()
    {
        Write(_ => { });
        var good = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, AdapterConfig.FileName)))!.AsObject();
        string[] values = ["null", "true", "-1", "0", "1e30", "\"\"", "\"(\"", "\"all-linear\"", "[]", "[\"q_proj\"]", "[null]", "[3]", "{}", "{\"x\": []}", "{\"q_proj\": 2}", "\"lora_only\"", "1.5"];
        using var model = AdapterCases.Model(ScalarType.Float32);
        foreach (var key in good.Select(p => p.Key).Concat(["layers_to_transform", "layers_pattern", "trainable_token_indices", "use_dora", "init_lora_weights"]).Distinct().ToList())
        {
            foreach (var value in values)
            {
                var mutated = good.DeepClone().AsObject();
                mutated[key] = JsonNode.Parse(value);
                File.WriteAllText(Path.Combine(folder, AdapterConfig.FileName), mutated.ToJsonString());
                try
                {
                    AdapterFolder.Load(model, folder).Dispose();
                }
                catch (AdapterException)
                {
                    // The way to fail.
                }
                catch (Exception e)
                {
                    Assert.Fail($"{key}: {value} gives {e.GetType().Name}: {e.Message}");
                }

                Assert.Empty(model.modules().OfType<Projection>().SelectMany(p => p.Adapters));
            }
        }
    }

    [Fact]
    public void LoadCausal_AdapterFolder_IsTheBaseWithTheAdapterOn()
    {
        var home = Path.Combine(folder, "base");
        using var model = AdapterCases.Model(ScalarType.Float32);
        CheckpointWriter.Save(model, home);
        using var none = no_grad();
        foreach (var where in new[] { home, "../base", "." })
        {
            var at = where == "." ? home : Path.Combine(folder, "on");
            using var adapter = AdapterCases.Moved(model, "lora");
            adapter.Config.Json["base_model_name_or_path"] = where;
            AdapterFolder.Save(adapter, at);
            using var opened = CheckpointReader.LoadCausal(at, ScalarType.Float32);
            Assert.True(model.Forward(AdapterCases.Ids()).allclose(opened.Forward(AdapterCases.Ids()), 0, 0));
            opened.Adapter!.Disable();
            adapter.Disable();
            Assert.True(model.Forward(AdapterCases.Ids()).allclose(opened.Forward(AdapterCases.Ids()), 0, 0));
        }

        // A model beside somebody else's adapter is that model.
        File.Delete(Path.Combine(home, AdapterConfig.FileName));
        using var plain = CheckpointReader.LoadCausal(home, ScalarType.Float32);
        Assert.Null(plain.Adapter);
    }

    [Fact]
    public void LoadCausal_BaseGone_NamesIt()
    {
        Write(_ => { });
        var config = AdapterConfig.Load(folder);
        config.Json["base_model_name_or_path"] = "nowhere/at-all";
        config.Save(folder);
        Assert.Contains("nowhere/at-all", Assert.Throws<AdapterException>(() => CheckpointReader.LoadCausal(folder)).Message, StringComparison.Ordinal);
    }

    private string Refused(Action<Dictionary<string, Tensor>> change)
    {
        Write(change);
        using var model = AdapterCases.Model(ScalarType.Float32);
        return Assert.Throws<AdapterException>(() => AdapterFolder.Load(model, folder)).Message;
    }

    private void Write(Action<Dictionary<string, Tensor>> change)
    {
        using var model = AdapterCases.Model(ScalarType.Float32);
        using var adapter = AdapterCases.Moved(model, "lora rank=4 target_modules=q_proj,v_proj");
        AdapterFolder.Save(adapter, folder);
        var tensors = adapter.Exported().ToDictionary(t => t.Key, t => t.Value);
        change(tensors);
        SafeTensorsWriter.Write(Path.Combine(folder, AdapterFolder.Weights), tensors.Select(t => (t.Key, t.Value)));
    }
}

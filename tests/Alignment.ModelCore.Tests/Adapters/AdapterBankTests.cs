using Alignment.ModelCore.Adapters;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Tests.Adapters;

public sealed class AdapterBankTests : IDisposable
{
    private readonly DisposeScope scope = torch.NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Fact]
    public void ByRow_DifferentMethods_EachRowIsAsIfAlone()
    {
        using var model = AdapterCases.Model();
        using var bank = new AdapterBank();
        string[] kinds = ["lora", "ia3", "dora", "bottleneck placement=parallel"];
        foreach (var kind in kinds)
        {
            bank.Add(kind, AdapterCases.Moved(model, kind));
        }

        using var none = no_grad();
        var ids = arange(1, 31, ScalarType.Int64).view(5, 6);
        string?[] rows = ["ia3", null, "lora", "bottleneck placement=parallel", "dora"];
        Tensor mixed;
        using (bank.ByRow(rows))
        {
            mixed = model.Forward(ids);
        }

        Assert.Empty(bank.Active);
        for (var r = 0; r < rows.Length; r++)
        {
            bank.Activate(rows[r] is { } name ? [name] : []);
            Assert.True(model.Forward(ids.narrow(0, r, 1))[0].allclose(mixed[r], 1e-10, 1e-10), $"row {r}");
        }
    }

    [Fact]
    public void Combine_Cat_IsTheWeightedSumOfDeltas()
    {
        using var model = AdapterCases.Model();
        using var none = no_grad();
        using var first = AdapterCases.Moved(model, "lora rank=2");
        first.Disable();
        using var second = AdapterCases.Moved(model, "lora rank=3 target_modules=q_proj");
        second.Disable();
        var weights = model.named_parameters().ToDictionary(p => p.name, p => p.parameter.detach().clone());
        Dictionary<string, Tensor> Delta(AdapterSet a)
        {
            a.Merge();
            var d = model.named_parameters().ToDictionary(p => p.name, p => p.parameter.detach().sub(weights[p.name]));
            a.Unmerge();
            a.Disable();
            return d;
        }

        var (one, two) = (Delta(first), Delta(second));
        foreach (var how in new[] { Combination.Cat, Combination.Svd })
        {
            using var both = WeightedAdapters.Combine(model, [first, second], [0.7, -0.4], how);
            var sum = Delta(both);
            var layer = "model.layers.0.mlp.up_proj.weight";
            Assert.True(sum[layer].allclose(one[layer].mul(0.7), 1e-9, 1e-9));
            if (how == Combination.Cat)
            {
                layer = "model.layers.1.self_attn.q_proj.weight";
                Assert.True(sum[layer].allclose(one[layer].mul(0.7).add(two[layer].mul(-0.4)), 1e-9, 1e-9));
            }
        }

        Assert.Contains("ranks 2, 3", Assert.Throws<AdapterException>(() => WeightedAdapters.Combine(model, [first, second], [1, 1], Combination.Linear)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nf4")]
    [InlineData("int8")]
    public void Merge_QuantisedBase_RequantisesAndComesBack(string form)
    {
        var folder = Directory.CreateTempSubdirectory("base").FullName;
        using var dense = AdapterCases.Model(ScalarType.Float32);
        CheckpointWriter.Save(dense, folder);
        using var model = CheckpointReader.LoadCausal(folder, new LoadOptions { DType = ScalarType.Float32, Quantise = QuantisationFormat.Named(form) }, out _);
        Directory.Delete(folder, recursive: true);
        using var none = no_grad();
        var before = model.Forward(AdapterCases.Ids());
        using var adapter = AdapterCases.Moved(model, "lora");
        Assert.True(adapter.MergeIsLossy);
        var on = model.Forward(AdapterCases.Ids());
        adapter.Merge();
        var merged = model.Forward(AdapterCases.Ids());
        Assert.True(merged.sub(on).square().sum().to_type(ScalarType.Float64).item<double>() < on.sub(before).square().sum().to_type(ScalarType.Float64).item<double>());
        adapter.Unmerge();
        Assert.True(on.allclose(model.Forward(AdapterCases.Ids()), 0, 0));
        adapter.Disable();
        Assert.True(before.allclose(model.Forward(AdapterCases.Ids()), 0, 0));
    }
}

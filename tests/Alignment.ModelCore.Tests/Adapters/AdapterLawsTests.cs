using Alignment.ModelCore.Adapters;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Tests.Adapters;

/// <summary>What holds for every method.</summary>
public sealed class AdapterLawsTests : IDisposable
{
    private readonly DisposeScope scope = torch.NewDisposeScope();

    public static TheoryData<string> OnLayers => AdapterCases.OnLayers;

    public static TheoryData<string> All => AdapterCases.All;

    public void Dispose() => scope.Dispose();

    [Theory]
    [MemberData(nameof(OnLayers))]
    public void Fresh_AdapterOnLayers_LeavesTheAnswersAsTheyAre(string words)
    {
        using var model = AdapterCases.Model();
        using var none = no_grad();
        var before = model.Forward(AdapterCases.Ids());
        using var adapter = AdapterCases.Fresh(model, words);
        Assert.True(before.allclose(model.Forward(AdapterCases.Ids()), 1e-12, 1e-12));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Off_TrainedAdapter_IsTheBaseBitForBit(string words)
    {
        using var model = AdapterCases.Model(ScalarType.Float32);
        using var none = no_grad();
        var before = model.Forward(AdapterCases.Ids());
        using var adapter = AdapterCases.Moved(model, words);
        var on = model.Forward(AdapterCases.Ids());
        Assert.False(before.allclose(on));
        adapter.Disable();
        Assert.True(before.allclose(model.Forward(AdapterCases.Ids()), 0, 0));
        adapter.Enable();
        Assert.True(on.allclose(model.Forward(AdapterCases.Ids()), 0, 0));
    }

    [Theory]
    [MemberData(nameof(OnLayers))]
    public void Merge_TrainedAdapter_IsTheAdapterOnAndComesOffAgain(string words)
    {
        using var model = AdapterCases.Model();
        using var none = no_grad();
        var weights = model.parameters().Select(p => p.detach().clone()).ToList();
        using var adapter = AdapterCases.Moved(model, words);
        if (words.StartsWith("bottleneck", StringComparison.Ordinal))
        {
            Assert.Contains("layer of its own", Assert.Throws<AdapterException>(adapter.Merge).Message, StringComparison.Ordinal);
            return;
        }

        var on = model.Forward(AdapterCases.Ids());
        adapter.Merge();
        Assert.True(on.allclose(model.Forward(AdapterCases.Ids()), 1e-10, 1e-10));
        adapter.Unmerge();
        adapter.Disable();
        Assert.All(model.parameters().Zip(weights), p => Assert.True(p.First.allclose(p.Second, 0, 0)));
    }

    [Theory]
    [InlineData("lora")]
    [InlineData("lora lora_bias=true target_modules=c_attn")]
    [InlineData("rslora")]
    [InlineData("ia3")]
    public void Subtract_MergedModel_GivesTheBaseBack(string words)
    {
        using var model = AdapterCases.Gpt2();
        using var none = no_grad();
        var before = model.Forward(AdapterCases.Ids());
        using var adapter = AdapterCases.Moved(model, words);
        adapter.Merge();
        adapter.Subtract();
        Assert.True(before.allclose(model.Forward(AdapterCases.Ids()), 1e-6, 1e-6));
    }

    [Fact]
    public void Subtract_Dora_IsRefusedByName()
    {
        using var model = AdapterCases.Model();
        using var adapter = AdapterCases.Moved(model, "dora");
        Assert.Contains("DoRA cannot be unmerged", Assert.Throws<AdapterException>(adapter.Subtract).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void SaveAndLoad_TrainedAdapter_AnswersTheSame(string words)
    {
        var folder = Directory.CreateTempSubdirectory("adapter").FullName;
        try
        {
            using var none = no_grad();
            using var model = AdapterCases.Model(ScalarType.Float32);
            using var adapter = AdapterCases.Moved(model, words);
            AdapterFolder.Save(adapter, folder);
            using var other = AdapterCases.Model(ScalarType.Float32);
            using var loaded = AdapterFolder.Load(other, folder);
            Assert.Empty(loaded.Config.Unknown);
            Assert.True(model.Forward(AdapterCases.Ids()).allclose(other.Forward(AdapterCases.Ids()), 0, 0));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Gradients_OfEveryTensor_AreFiniteDifferences(string words)
    {
        using var model = AdapterCases.Model();
        using var adapter = AdapterCases.Moved(model, words);
        Assert.All(model.parameters(), p => Assert.False(p.requires_grad));
        Loss(model).backward();
        const double Step = 1e-6;
        foreach (var (key, value) in adapter.Tensors)
        {
            using var inner = torch.NewDisposeScope();
            var gradient = value.grad!.ToDoubles();

            // DoRA holds its row norms outside the graph, so that only its magnitude has the plain derivative.
            if (words.StartsWith("dora", StringComparison.Ordinal) && !key.EndsWith("magnitude_vector", StringComparison.Ordinal))
            {
                continue;
            }

            using var none = no_grad();
            var flat = value.view(-1);
            foreach (var i in new long[] { 0, flat.shape[0] / 2, flat.shape[0] - 1 })
            {
                var at = flat[i].item<double>();
                flat[i] = at + Step;
                var up = Loss(model).item<double>();
                flat[i] = at - Step;
                var down = Loss(model).item<double>();
                flat[i] = at;
                Assert.True(Math.Abs(((up - down) / (2 * Step)) - gradient[i]) < 1e-6 * Math.Max(1, Math.Abs(gradient[i])), $"{key}[{i}]: {(up - down) / (2 * Step)} and {gradient[i]}");
            }
        }
    }

    // Losses read the head's matrix, not the head: what adapters make of it must be in there.
    [Theory]
    [InlineData("lora target_modules=lm_head,q_proj")]
    [InlineData("dora target_modules=lm_head")]
    [InlineData("ia3 target_modules=lm_head feedforward_modules=down_proj")]
    [InlineData("lora modules_to_save=lm_head")]
    [InlineData("lora trainable_token_indices=3,5")]
    public void HeadWeight_WithAdapters_IsWhatTheHeadComputes(string words)
    {
        foreach (var model in new[] { AdapterCases.Model(), AdapterCases.Gpt2() }.Where(m => !words.Contains("lm_head", StringComparison.Ordinal) || !m.Config.TiedEmbedding || words.Contains("modules_to_save", StringComparison.Ordinal)))
        {
            using (model)
            using (var adapter = AdapterCases.Moved(model, model.Config.Family == "gpt2" ? words.Replace("q_proj", "c_attn", StringComparison.Ordinal) : words))
            {
                using var none = no_grad();
                var hidden = model.Hidden(AdapterCases.Ids());
                Assert.True(nn.functional.linear(hidden, model.HeadWeight).allclose(model.Head(hidden), 1e-12, 1e-12));
            }
        }
    }

    private static Tensor Loss(CausalModel model)
    {
        var logits = nn.functional.linear(model.Hidden(AdapterCases.Ids()), model.HeadWeight);
        return nn.functional.cross_entropy(logits.narrow(1, 0, 5).reshape(-1, logits.shape[2]), AdapterCases.Ids().narrow(1, 1, 5).reshape(-1));
    }
}

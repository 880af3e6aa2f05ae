using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Native;
using Alignment.ModelCore.Training;
using Alignment.ModelCore.Training.Guards;
using Alignment.PolicyOptimization.Guards;
using Alignment.PolicyOptimization.Recipes;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Tests.Guards;

public sealed class PolicyProbeTests : IDisposable
{
    private readonly string pairs = Path.GetTempFileName();

    public PolicyProbeTests()
    {
        TorchRuntime.EnsureLoaded();
        File.WriteAllLines(pairs,
        [
            """{"prompt": "How do I pay?", "chosen": "Good day! Open Wallet and choose Pay.", "rejected": "No idea."}""",
            """{"prompt": "How do I leave?", "chosen": "Good day! Open Club and choose Leave.", "rejected": "Read the page."}""",
        ]);
    }

    public void Dispose() => File.Delete(pairs);

    [Fact]
    public void Measure_StartingWeights_HaveNoKlAndAreLeftAlone()
    {
        var options = Options(Sample.HeldOut, $"rubric:{Sample.Rubric}", "length:26..40");
        using var policy = TunedModel.Causal(options);
        using var probe = PolicyProbe.Open(options, policy, RowEncoder.Load(options.Model))!;
        random.manual_seed(3);
        var expected = rand(4).ToDoubles();
        random.manual_seed(3);
        var first = probe.Measure();
        Assert.Equal(expected, rand(4).ToDoubles());
        Assert.Equal(0, first[ProbeMetrics.KlPerSequence], 1e-3);
        Assert.InRange(first[ProbeMetrics.Gold], 0, 1);
        Assert.InRange(first[ProbeMetrics.Proxy], 0, 1);
        Assert.InRange(first[ProbeMetrics.Length], 1, 12);
        Assert.Equal(first.OrderBy(v => v.Key), probe.Measure().OrderBy(v => v.Key));
    }

    [Fact]
    public void Measure_MovedWeights_HaveKl()
    {
        var options = Options(Sample.HeldOut, $"rubric:{Sample.Rubric}", "length:26..40");
        using var policy = TunedModel.Causal(options);
        using var probe = PolicyProbe.Open(options, policy, RowEncoder.Load(options.Model))!;
        using (no_grad())
        {
            using var scope = NewDisposeScope();
            policy.Trainable[0].Value.mul_(1.3);
        }

        Assert.True(probe.Measure()[ProbeMetrics.KlPerSequence] > 0.01);
    }

    // With an adapter the base inside the policy is the reference: no second model is loaded.
    [Fact]
    public void Measure_AnAdapterThatMoved_HasKlAgainstItsBase()
    {
        var options = Options(Sample.HeldOut, $"rubric:{Sample.Rubric}", "length:26..40", "lora");
        using var policy = TunedModel.Causal(options);
        Assert.True(policy.HoldsBase);
        using var probe = PolicyProbe.Open(options, policy, RowEncoder.Load(options.Model))!;
        Assert.Equal(0, probe.Measure()[ProbeMetrics.KlPerSequence], 1e-3);
        using (no_grad())
        {
            using var scope = NewDisposeScope();
            foreach (var (_, value) in policy.Trainable)
            {
                value.add_(0.05);
            }
        }

        Assert.True(probe.Measure()[ProbeMetrics.KlPerSequence] > 0.01);
    }

    [Fact]
    public void Measure_JudgedPairs_StartAtOneHalfAndMarginZero()
    {
        var options = Options(pairs, "", "");
        using var policy = TunedModel.Causal(options);
        using var probe = PolicyProbe.Open(options, policy, RowEncoder.Load(options.Model))!;
        var values = probe.Measure();
        Assert.Equal((0.5, 0.0), (values[ProbeMetrics.Gold], values[ProbeMetrics.Proxy]));
    }

    [Fact]
    public void Open_NeitherGoldNorPairs_IsRefused()
    {
        var options = Options(Sample.HeldOut, "", "length:26..40");
        using var policy = TunedModel.Causal(options);
        Assert.Contains("guards.gold is missing", Assert.Throws<OptionsException>(() => PolicyProbe.Open(options, policy, RowEncoder.Load(options.Model))).Message, StringComparison.Ordinal);
    }

    private static DpoRecipeOptions Options(string data, string gold, string proxy, string tuning = "full") => new()
    {
        Model = Sample.Base, Tuning = new() { Method = tuning }, Guards = new() { ProbeEvery = 1, ProbeData = data, ProbeRows = 6, ProbeTokens = 12, Gold = gold, Proxy = proxy },
    };
}

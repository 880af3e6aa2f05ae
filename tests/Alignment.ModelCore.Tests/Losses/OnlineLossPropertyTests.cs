using Alignment.ModelCore.Advantages;
using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Native;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Tests.Losses;

/// <summary>Facts about the online methods' arithmetic that need no oracle: finite differences, enumeration, closed forms.</summary>
public sealed class OnlineLossPropertyTests
{
    // Ratios lie off every clip bound, so that the losses are smooth where they are probed.
    private static readonly double[] Now = [-1.1, -.7, -2.3, -.4, -1.9, -.8];
    private static readonly double[] Old = [-1.0, -1.2, -2.2, -.45, -1.5, -.8];

    static OnlineLossPropertyTests() => TorchRuntime.EnsureLoaded();

    [Theory]
    [InlineData(GrpoLossType.Grpo)]
    [InlineData(GrpoLossType.Bnpo)]
    [InlineData(GrpoLossType.DrGrpo)]
    [InlineData(GrpoLossType.Dapo)]
    [InlineData(GrpoLossType.Sapo)]
    [InlineData(GrpoLossType.Luspo)]
    public void GrpoLoss_SmoothTypes_GradientEqualsFiniteDifferences(GrpoLossType type) => Differences(leaf =>
    {
        var inputs = new GrpoInputs(leaf.view(2, 3), tensor(new[] { .7, -1.2 }), Mask()) { OldLogProbs = Table(Old), RefLogProbs = Table(Old).mul(tensor(1.1)) };
        return GrpoLoss.Compute(inputs, new() { Type = type, Beta = .3, MaxCompletionLength = 4 }, new(5)).Loss;
    });

    [Fact]
    public void PpoPolicyLoss_Gradient_EqualsFiniteDifferences() => Differences(leaf =>
        PpoPolicyLoss.Compute(leaf.view(2, 3), Table(Old), Table([.4, -.3, 1.2, -2, .1, .6]), Mask(), new(DualClip: 3)).Loss);

    [Fact]
    public void ValueLoss_Gradient_EqualsFiniteDifferences() => Differences(leaf =>
        ValueLoss.Compute(leaf.view(2, 3), Table(Old), Table([.4, -.3, 1.2, -2, .1, .6]), Mask(), .2).Loss);

    [Fact]
    public void RlooLoss_Gradient_EqualsFiniteDifferences() => Differences(leaf =>
        RlooLoss.Compute(leaf.view(2, 3), tensor(new[] { -4.45, -2.0 }), tensor(new[] { .7, -1.2 }), Mask()).Loss);

    [Fact]
    public void Kl_EnumeratedOverThreeTokens_K1AndK3MeanTheKlAndK2HasItsGradient()
    {
        using var scope = NewDisposeScope();
        var logits = tensor(new[] { .3, -1.1, .6 }, ScalarType.Float64).requires_grad_();
        var policy = nn.functional.log_softmax(logits, -1);
        var reference = nn.functional.log_softmax(tensor(new[] { -.2, .4, .1 }, ScalarType.Float64), -1);
        var p = policy.exp().detach();
        var kl = policy.exp().mul(policy.sub(reference)).sum();
        double Mean(KlEstimator e) => p.mul(KlEstimators.Compute(policy, reference, new(e)).detach()).sum().item<double>();
        Assert.Equal(kl.item<double>(), Mean(KlEstimator.K1), 1e-14);
        Assert.Equal(kl.item<double>(), Mean(KlEstimator.K3), 1e-14);
        Assert.All(KlEstimators.Compute(policy, reference, new(KlEstimator.K3)).data<double>().ToArray(), k => Assert.True(k >= 0));

        var exact = autograd.grad([kl], [logits], retain_graph: true)[0].data<double>().ToArray();
        var estimated = autograd.grad([p.mul(KlEstimators.Compute(policy, reference, new(KlEstimator.K2))).sum()], [logits])[0].data<double>().ToArray();
        Assert.Equal(exact, estimated, (a, b) => Math.Abs(a - b) < 1e-14);
    }

    [Fact]
    public void Gae_LambdaOne_IsDiscountedReturnLessValueAndLambdaZeroIsTheTdError()
    {
        using var scope = NewDisposeScope();
        double[] r = [.5, -1, 2], v = [.3, .1, -.4];
        const double Gamma = .9;
        double[] Of(double lambda) => Gae.Compute(tensor(r).view(1, 3), tensor(v).view(1, 3), null, new(Gamma, lambda)).Advantages.data<double>().ToArray();
        Assert.Equal([r[0] + (Gamma * (r[1] + (Gamma * r[2]))) - v[0], r[1] + (Gamma * r[2]) - v[1], r[2] - v[2]], Of(1), (a, b) => Math.Abs(a - b) < 1e-14);
        Assert.Equal([r[0] + (Gamma * v[1]) - v[0], r[1] + (Gamma * v[2]) - v[1], r[2] - v[2]], Of(0), (a, b) => Math.Abs(a - b) < 1e-14);
    }

    [Fact]
    public void GroupAdvantages_InSinglePrecision_AgreeWithDouble()
    {
        RewardTable table = new([[.5, -.2], [.6, double.NaN], [.1, .3], [double.NaN, double.NaN]], [1, .5]);
        foreach (var how in Enum.GetValues<RewardAggregation>())
        {
            var (wide, single) = (GroupAdvantages.Compute(table, 4, aggregation: how), GroupAdvantages.Compute(table, 4, aggregation: how, single: true));
            Assert.Equal(wide.Advantages, single.Advantages, (a, b) => Math.Abs(a - b) < 1e-5);
            Assert.Equal(0, single.Advantages[3]);
        }
    }

    private static Tensor Mask() => tensor(new[] { true, true, true, true, true, false }).view(2, 3);

    private static Tensor Table(double[] values) => tensor(values, ScalarType.Float64).view(2, 3);

    private static void Differences(Func<Tensor, Tensor> loss)
    {
        using var scope = NewDisposeScope();
        double At(double[] values) => loss(tensor(values, ScalarType.Float64)).item<double>();
        var leaf = tensor(Now, ScalarType.Float64).requires_grad_();
        loss(leaf).backward();
        var analytic = leaf.grad!.data<double>().ToArray();
        for (var i = 0; i < Now.Length; i++)
        {
            double[] up = [.. Now], down = [.. Now];
            up[i] += 1e-5;
            down[i] -= 1e-5;
            Assert.Equal((At(up) - At(down)) / 2e-5, analytic[i], 1e-7);
        }
    }
}

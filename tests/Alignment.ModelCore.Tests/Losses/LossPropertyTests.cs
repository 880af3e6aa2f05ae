using Alignment.ModelCore.Advantages;
using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Tests.Losses;

/// <summary>Facts that need no oracle: finite differences, symmetries, closed forms.</summary>
public sealed class LossPropertyTests
{
    static LossPropertyTests() => TorchRuntime.EnsureLoaded();

    public static TheoryData<DpoLossType> DifferentiableTypes() =>
        [.. Enum.GetValues<DpoLossType>().Where(t => t is not (DpoLossType.Sft or DpoLossType.Hinge or DpoLossType.Aot or DpoLossType.AotUnpaired))];

    [Theory]
    [MemberData(nameof(DifferentiableTypes))]
    public void DpoLoss_EveryType_GradientEqualsFiniteDifferences(DpoLossType type)
    {
        using var scope = NewDisposeScope();
        double[] chosen = [-3.2, -7.5, -1.1];
        double Loss(double[] values, out double[] gradient)
        {
            var leaf = tensor(values, ScalarType.Float64).requires_grad_();
            var lengths = tensor(new[] { 4.0, 2, 7 });
            var inputs = new DpoInputs(leaf, tensor(new[] { -4.0, -6.5, -2.3 }), tensor(new[] { -3.0, -7.0, -1.5 }), tensor(new[] { -4.1, -6.9, -2.0 })) { ChosenLengths = lengths, RejectedLengths = lengths };
            var r = DpoLoss.Compute(inputs, new() { Beta = .3, LabelSmoothing = .1, Terms = [new(type)] });
            r.Loss.backward();
            gradient = leaf.grad!.data<double>().ToArray();
            return r.Loss.item<double>();
        }

        Loss(chosen, out var analytic);
        for (var i = 0; i < chosen.Length; i++)
        {
            double[] up = [.. chosen], down = [.. chosen];
            up[i] += 1e-5;
            down[i] -= 1e-5;
            Assert.Equal((Loss(up, out _) - Loss(down, out _)) / 2e-5, analytic[i], 1e-7);
        }
    }

    [Fact]
    public void DpoLoss_SameConstantOnBothSides_ChangesNothing()
    {
        using var scope = NewDisposeScope();
        Tensor c = tensor(new[] { -3.0, -5 }), r = tensor(new[] { -4.0, -2 }), zero = zeros([2], ScalarType.Float64);
        using Scalar two = 2.0;
        var plain = DpoLoss.Compute(new(c, r, zero, zero), new()).Loss.item<double>();
        Assert.Equal(plain, DpoLoss.Compute(new(c.sub(two), r.sub(two), zero, zero), new()).Loss.item<double>(), 1e-14);
    }

    [Fact]
    public void LeaveOneOut_GroupOfTwo_IsAntisymmetric()
    {
        var (r, _) = LeaveOneOut.Compute(new([[1.5], [-.5]], [1]), 2, beta: 0);
        Assert.Equal(r.Advantages[0], -r.Advantages[1], 1e-15);
    }

    [Fact]
    public void GroupAdvantages_Group_HasMeanZero()
    {
        var r = GroupAdvantages.Compute(new([[1.5], [-.5], [3], [.25]], [1]), 4);
        Assert.Equal(0, r.Advantages.Sum(), 1e-12);
    }

    [Fact]
    public void Whiten_ValuesAwayFromZero_AreCentred()
    {
        using var scope = NewDisposeScope();
        var white = Whitening.Whiten(tensor(new[] { 10.0, 11, 13 }).unsqueeze(0), ones([1, 3]));
        Assert.Equal(0, white.mean().item<double>(), 1e-12);
    }

    [Theory]
    [InlineData(WhiteningDialect.Trl)]
    [InlineData(WhiteningDialect.Verl)]
    [InlineData(WhiteningDialect.OpenRlhf)]
    public void Whiten_SingleValue_IsZeroAndNotNaN(WhiteningDialect dialect)
    {
        using var scope = NewDisposeScope();
        Assert.Equal(0, Whitening.Whiten(tensor(new[] { 3.0, 9 }).unsqueeze(0), tensor(new[] { true, false }).unsqueeze(0), dialect)[0, 0].item<double>(), 1e-3);
    }

    // Rewards 1 and 0: mean ½, deviation √½.
    [Fact]
    public void GroupAdvantages_OtherEpsilon_IsAddedToTheDeviation() =>
        Assert.Equal(.5 / (Math.Sqrt(.5) + .25), GroupAdvantages.Compute(new([[1.0], [0.0]], [1]), 2, epsilon: .25).Advantages[0], 1e-12);

    // Ratio e against the bounds: at most 5 (TRL), at most 1.28 (verl).
    [Theory]
    [InlineData(false, 5, Math.E)]
    [InlineData(true, .28, 1.28)]
    public void Cispo_EitherClip_HoldsTheRatio(bool both, double high, double expected)
    {
        using var scope = NewDisposeScope();
        var logProbs = tensor(new[] { -1.0 }).unsqueeze(0);
        var inputs = new GrpoInputs(logProbs, tensor(new[] { 2.0 }), ones([1, 1], ScalarType.Bool)) { OldLogProbs = logProbs.sub(1) };
        var loss = GrpoLoss.Compute(inputs, new() { Type = GrpoLossType.Cispo, EpsilonHigh = high, CispoBothSides = both }, new(1)).Loss.item<double>();
        Assert.Equal(expected * 2, loss, 1e-12);
    }

    // log-ratio ½: k2 = ⅛, whatever the bias correction of k3 says.
    [Fact]
    public void Grpo_OtherEstimator_IsAddedAsItIs()
    {
        using var scope = NewDisposeScope();
        var logProbs = tensor(new[] { -1.0 }).unsqueeze(0);
        var inputs = new GrpoInputs(logProbs, tensor(new[] { 0.0 }), ones([1, 1], ScalarType.Bool)) { RefLogProbs = logProbs.sub(.5), OldLogProbs = logProbs.sub(1) };
        Assert.Equal(.3 * .125, GrpoLoss.Compute(inputs, new() { Beta = .3, Kl = KlOptions.Parse("k2") }, new(1)).Loss.item<double>(), 1e-12);
    }
}

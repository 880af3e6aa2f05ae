using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Tests.Losses;

public sealed class SftLossTests
{
    static SftLossTests() => TorchRuntime.EnsureLoaded();

    private static readonly long[,] Labels = { { -100, -100, 3, 6, 1, -100 }, { 2, 0, -100, 4, 5, 5 } };

    [Theory]
    [InlineData(false, null, SftVariant.Nll)]
    [InlineData(true, null, SftVariant.Nll)]
    [InlineData(true, 11.0, SftVariant.Nll)]
    [InlineData(true, 11.0, SftVariant.Dft)]
    public void FromHidden_ChunkedHead_EqualsTheLossOverAllLogits(bool bias, double? denominator, SftVariant variant)
    {
        using var scope = NewDisposeScope();
        torch.manual_seed(7);
        var labels = tensor(Labels);
        var weights = rand([2, 6], ScalarType.Float64);
        (Tensor H, Tensor W, Tensor? B) Leaves() => (randn([2, 6, 5], ScalarType.Float64, generator: new Generator(1)).requires_grad_(),
            randn([8, 5], ScalarType.Float64, generator: new Generator(2)).requires_grad_(), bias ? randn([8], ScalarType.Float64, generator: new Generator(3)).requires_grad_() : null);
        var (h1, w1, b1) = Leaves();
        var (h2, w2, b2) = Leaves();

        var plain = SftLoss.Compute(nn.functional.linear(h1, w1, b1), labels, denominator, weights, variant: variant);
        var chunked = SftLoss.FromHidden(h2, w2, b2, labels, denominator, weights, variant, new HeadOptions(MaxChunkElements: 24));
        plain.Loss.mul(3).backward();
        chunked.Loss.mul(3).backward();

        Near(plain.Loss, chunked.Loss);
        Near(plain.NegativeLogLikelihoodSum, chunked.NegativeLogLikelihoodSum);
        Near(plain.TokenCount, chunked.TokenCount);
        Near(plain.CorrectCount!, chunked.CorrectCount!);
        Near(h1.grad!, h2.grad!);
        Near(w1.grad!, w2.grad!);
        if (bias)
        {
            Near(b1!.grad!, b2!.grad!);
        }
    }

    [Fact]
    public void FromHidden_FrozenHead_StillGivesTheHiddenGradient()
    {
        using var scope = NewDisposeScope();
        var hidden = randn([2, 6, 5]).requires_grad_();
        var r = SftLoss.FromHidden(hidden, randn([8, 5]), null, tensor(Labels));
        r.Loss.backward();
        Assert.True(hidden.grad!.abs().sum().item<float>() > 0);
    }

    [Fact]
    public void Shifted_HeadLogProbs_EqualLogProbsOfAllLogits()
    {
        using var scope = NewDisposeScope();
        torch.manual_seed(3);
        Tensor hidden = randn([2, 6, 5], ScalarType.Float64).requires_grad_(), weight = randn([8, 5], ScalarType.Float64);
        var labels = tensor(Labels);
        var (s, mask) = HeadLogProbs.Shifted(hidden, weight, null, labels, new HeadOptions(.7, MaxChunkElements: 16));
        var (plain, plainMask) = LogProbs.Shifted(nn.functional.linear(hidden, weight), labels, .7);
        Near(plain, s.LogProbs);
        Assert.True(mask.eq(plainMask).all().item<bool>());
        s.LogProbs.exp().sum().backward();
        var chunked = hidden.grad!.clone();
        hidden.grad = null;
        plain.exp().sum().backward();
        Near(hidden.grad!, chunked);
    }

    [Fact]
    public void Compute_LabelSmoothing_MatchesTorchCrossEntropy()
    {
        using var scope = NewDisposeScope();
        torch.manual_seed(5);
        var logits = randn([2, 6, 8], ScalarType.Float64);
        var labels = tensor(Labels);
        var expected = nn.functional.cross_entropy(logits.narrow(1, 0, 5).reshape(-1, 8), labels.narrow(1, 1, 5).reshape(-1), ignore_index: -100, label_smoothing: .1);
        Near(expected, SftLoss.Compute(logits, labels, labelSmoothing: .1).Loss);
    }

    [Fact]
    public void Compute_TwoMicroBatchesWithTheStepsDenominator_EqualOneBatch()
    {
        using var scope = NewDisposeScope();
        torch.manual_seed(6);
        var logits = randn([2, 6, 8], ScalarType.Float64);
        var labels = tensor(Labels);
        var whole = SftLoss.Compute(logits, labels);
        var n = whole.TokenCount.item<double>();
        var parts = SftLoss.Compute(logits.narrow(0, 0, 1), labels.narrow(0, 0, 1), n).Loss.add(SftLoss.Compute(logits.narrow(0, 1, 1), labels.narrow(0, 1, 1), n).Loss);
        Near(whole.Loss, parts);
    }

    private static void Near(Tensor expected, Tensor actual) =>
        Assert.True(allclose(expected.to_type(ScalarType.Float64), actual.to_type(ScalarType.Float64), 1e-10, 1e-10), $"{expected.str()}\n{actual.str()}");
}

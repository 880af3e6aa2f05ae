using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Native;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Tests.Losses;

/// <summary>
/// More facts that need no oracle: finite differences of every loss that is the function of which its gradient is taken (CISPO, VESPO and Nash-MD are not:
/// they hold weights still), symmetries, and the optimum that DPO has on a table of four responses.
/// </summary>
public sealed class LossFactsTests
{
    private static readonly double[] Start = [-1.1, -.7, -2.3, -.4, -1.9, -.8];
    private static readonly Dictionary<string, Func<Tensor, Tensor>> All = new(StringComparer.Ordinal)
    {
        ["kto"] = x => KtoLoss.Compute(x, Reference(), Labels(), tensor(new[] { -3.0, -2 }), tensor(new[] { -3.5, -2.2 }), new(DesirableWeight: 1.3)).Loss,
        ["apo_zero_unpaired"] = x => KtoLoss.Compute(x, Reference(), Labels(), null, null, new(KtoLossType.ApoZeroUnpaired)).Loss,
        ["bco"] = x => BcoLoss.Compute(x, Reference(), Labels(), .2, .3, tensor(new[] { 1, .5, 1, 2, 1, .7 })).Loss,
        ["orpo"] = x => OrpoLoss.Compute(Left(x), Right(x), Left(x).neg().mean(), .3).Loss,
        ["cpo"] = x => Cpo(x, CpoLossType.Sigmoid, 0, .1),
        ["cpo_hinge"] = x => Cpo(x, CpoLossType.Hinge, 0, 0),
        ["cpo_ipo"] = x => Cpo(x, CpoLossType.Ipo, 0, 0),
        ["simpo"] = x => Cpo(x, CpoLossType.Simpo, 0, 0),
        ["alphapo"] = x => Cpo(x, CpoLossType.Simpo, .25, 0),
        ["bradley_terry"] = x => PairwiseRewardLoss.Compute(Left(x), Right(x), tensor(new[] { .1, 0, .4 }), .01, .1).Loss,
        ["soft_labels"] = x => PairwiseRewardLoss.SoftLabels(Left(x), Right(x), tensor(new[] { .9, .5, .2 })).Loss,
        ["rao_kupper"] = x => Ties(x, TieModel.RaoKupper),
        ["davidson"] = x => Ties(x, TieModel.Davidson),
        ["plackett_luce"] = x => RankingRewardLoss.PlackettLuceTied(x, [[2], [0, 4], [1], [3, 5]]),
        ["all_pairs"] = x => RankingRewardLoss.AllPairs(x, [1, 2, 2, 3, 1, 4]).Loss,
        ["prm"] = x => ProcessRewardLoss.Compute(x.view(1, 3, 2), tensor(new long[] { 1, -100, 0 }).view(1, 3), 2).Loss,
        ["online_dpo"] = x => OnlineDpoLoss.Compute(x, Reference(), tensor(new[] { 1.0, 2, 3, .5, 2.5, 3 }), .3).Loss,
        ["online_ipo"] = x => OnlineDpoLoss.Compute(x, Reference(), tensor(new[] { 1.0, 2, 3, .5, 2.5, 3 }), .3, DpoLossType.IpoSum).Loss,
        ["xpo"] = x => XpoLoss.Compute(Left(x), Right(x), Left(Reference()), Right(Reference()), tensor(new[] { 1.0, 0, 2 }), tensor(new[] { 0.0, 1, 2 }), .3, .01).Loss,
        ["k2"] = x => KlEstimators.Compute(x, Reference(), new(KlEstimator.K2)).mean(),
        ["k3"] = x => KlEstimators.Compute(x, Reference(), new(KlEstimator.K3)).mean(),
        ["sft"] = x => SftLoss.TokenMean(nn.functional.log_softmax(x.view(2, 3), -1), tensor(new[] { true, true, false, true, true, true }).view(2, 3)),
    };

    static LossFactsTests() => TorchRuntime.EnsureLoaded();

    public static TheoryData<string> Names() => [.. All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Loss_Gradient_EqualsFiniteDifferences(string name)
    {
        using var scope = NewDisposeScope();
        double At(double[] values) => All[name](tensor(values)).item<double>();
        var leaf = tensor(Start).requires_grad_();
        All[name](leaf).backward();
        var analytic = leaf.grad!.data<double>().ToArray();
        for (var i = 0; i < Start.Length; i++)
        {
            double[] up = [.. Start], down = [.. Start];
            up[i] += 1e-5;
            down[i] -= 1e-5;
            Assert.Equal((At(up) - At(down)) / 2e-5, analytic[i], 1e-7);
        }
    }

    // −log σ(x) + log σ(−x) = −x.
    [Fact]
    public void Loss_SidesSwapped_DiffersByTheMargin()
    {
        using var scope = NewDisposeScope();
        Tensor c = tensor(new[] { -3.2, -7.5 }), r = tensor(new[] { -4.0, -6.5 }), zero = zeros(2, ScalarType.Float64);
        var dpo = DpoLoss.Compute(new(c, r, zero, zero), new() { Beta = .3 });
        var swapped = DpoLoss.Compute(new(r, c, zero, zero), new() { Beta = .3 });
        var margin = c.sub(r).mean().item<double>();
        Assert.Equal(-.3 * margin, dpo.Loss.item<double>() - swapped.Loss.item<double>(), 1e-14);
        Assert.Equal(dpo.ChosenRewards.data<double>().ToArray(), swapped.RejectedRewards.data<double>().ToArray());
        Assert.Equal(-margin, PairwiseRewardLoss.Compute(c, r).Loss.item<double>() - PairwiseRewardLoss.Compute(r, c).Loss.item<double>(), 1e-14);
    }

    [Theory]
    [InlineData(GrpoLossType.Grpo)]
    [InlineData(GrpoLossType.Bnpo)]
    [InlineData(GrpoLossType.DrGrpo)]
    [InlineData(GrpoLossType.Dapo)]
    [InlineData(GrpoLossType.Cispo)]
    [InlineData(GrpoLossType.Sapo)]
    [InlineData(GrpoLossType.Luspo)]
    [InlineData(GrpoLossType.Vespo)]
    public void GrpoLoss_PaddedAndPermuted_IsTheSame(GrpoLossType type)
    {
        using var scope = NewDisposeScope();
        double Loss(Func<Tensor, Tensor> rows, Func<Tensor, double, Tensor> pad)
        {
            Tensor Table(double[] values, double filling) => pad(rows(tensor(values).view(2, 3)), filling);
            var inputs = new GrpoInputs(Table(Start, -9), rows(tensor(new[] { .7, -1.2 })), pad(rows(tensor(new[] { 1.0, 1, 1, 1, 1, 0 }).view(2, 3)), 0).to_type(ScalarType.Bool))
            {
                OldLogProbs = Table([-1, -1.2, -2.2, -.45, -1.5, -.8], -5), RefLogProbs = Table([-1.2, -1, -2, -.5, -1.4, -.9], -2),
            };
            return GrpoLoss.Compute(inputs, new() { Type = type, Beta = .3, MaxCompletionLength = 8 }, new(5)).Loss.item<double>();
        }

        var plain = Loss(t => t, (t, _) => t);
        Assert.Equal(plain, Loss(t => t, (t, v) => cat([t, full(2, 2, v, ScalarType.Float64)], 1)), 1e-12);
        Assert.Equal(plain, Loss(t => t.flip(0), (t, _) => t), 1e-12);
    }

    // Rafailov et al. 2023, eq. 4: with preferences drawn by Bradley–Terry from r, the optimum is π_ref·exp(r/β)/Z.
    [Fact]
    public void DpoLoss_MinimisedOnATableOfFourResponses_FindsTheTiltedReference()
    {
        const double Beta = .5;
        double[] reward = [0, .4, 1, -.3];
        using var outer = NewDisposeScope();
        var reference = nn.functional.log_softmax(tensor(new[] { .2, -.5, .1, .6 }), -1);
        var pairs = (from i in Enumerable.Range(0, 4) from j in Enumerable.Range(0, 4) where i != j select (i, j)).ToList();
        Tensor first = tensor(pairs.Select(p => (long)p.i).ToArray()), second = tensor(pairs.Select(p => (long)p.j).ToArray());
        var share = tensor(pairs.Select(p => 1 / (1 + Math.Exp(reward[p.j] - reward[p.i]))).ToArray());
        var logits = zeros(4, ScalarType.Float64).requires_grad_();
        for (var step = 0; step < 2000; step++)
        {
            using var scope = NewDisposeScope();
            var policy = nn.functional.log_softmax(logits, -1);
            Tensor Of(Tensor t, Tensor index) => t.index_select(0, index);
            var loss = DpoLoss.Compute(new(Of(policy, first), Of(policy, second), Of(reference, first), Of(reference, second)) { PairWeights = share }, new() { Beta = Beta }).Loss;
            var gradient = autograd.grad([loss], [logits])[0];
            using (no_grad())
            {
                logits.sub_(gradient.mul(tensor(10.0)));
            }
        }

        var optimum = nn.functional.softmax(reference.add(tensor(reward).div(tensor(Beta))), -1);
        Assert.Equal(optimum.data<double>().ToArray(), nn.functional.softmax(logits, -1).data<double>().ToArray(), (a, b) => Math.Abs(a - b) < 1e-8);
    }

    private static Tensor Reference() => tensor(new[] { -1.0, -1.2, -2.2, -.45, -1.5, -.8 });

    private static Tensor Labels() => tensor(new[] { true, false, true, true, false, false });

    private static Tensor Left(Tensor x) => x.narrow(0, 0, 3);

    private static Tensor Right(Tensor x) => x.narrow(0, 3, 3);

    private static Tensor Cpo(Tensor x, CpoLossType type, double alpha, double smoothing) => CpoLoss.Compute(Left(x), Right(x), Left(x).neg().mean(), new(type, .3, smoothing, .2, alpha, .7)).Loss;

    private static Tensor Ties(Tensor x, TieModel model) => TiesRewardLoss.Compute(
        x.narrow(0, 0, 2), x.narrow(0, 2, 2), tensor(new long[] { 0, 2 }), x.select(0, 4).neg(), model).Loss;
}

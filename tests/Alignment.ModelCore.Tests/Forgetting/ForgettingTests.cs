using Alignment.ModelCore.Data;
using Alignment.ModelCore.Forgetting;
using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Merging;
using Alignment.ModelCore.Native;
using Alignment.ModelCore.Training.Extensions;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Tests.Forgetting;

public sealed class ForgettingTests
{
    public ForgettingTests() => TorchRuntime.EnsureLoaded();

    // R = [[.8, .3], [.6, .9]], b = (.25, .25): ACC .75, BWT −.20, FM .20, FWT .05.
    [Fact]
    public void Table_TwoTasks_GivesTheWorkedExample()
    {
        var table = new ForgettingTable([[.8, .3], [.6, .9]]);
        Assert.Equal(.75, table.Accuracy, 1e-12);
        Assert.Equal(-.20, table.BackwardTransfer, 1e-12);
        Assert.Equal(.20, table.Forgetting, 1e-12);
        Assert.Equal(.05, table.ForwardTransfer([.25, .25]), 1e-12);
    }

    [Fact]
    public void Table_OfRun_IsThatOfTheStagesWrittenOut()
    {
        var run = ForgettingTable.OfRun([.8, .7, .1], [.6, .75, .9]);
        Assert.Equal([.8, .7, .1], run.Scores[1]);
        Assert.Equal((.6 + .75 + .9) / 3, run.Accuracy, 1e-12);
        Assert.Equal((-.2 + .05) / 2, run.BackwardTransfer, 1e-12);
        Assert.Equal((.2 - .05) / 2, run.Forgetting, 1e-12);
    }

    [Fact]
    public void Progress_HandMadeLosses_FindsTheBestAndCountsStaleEvaluations()
    {
        var progress = new Progress(lowerIsBetter: true, minDelta: .1);
        var seen = new[] { 2.0, 1.5, 1.45, 1.48, double.NaN, 1.2, 1.3 }.Select(v => (Best: progress.Observe(v), progress.Stale)).ToArray();
        Assert.Equal([(true, 0), (true, 0), (true, 1), (false, 2), (false, 3), (true, 0), (false, 1)], seen);
        Assert.Equal(1.2, progress.Best);
    }

    [Fact]
    public void Progress_HigherIsBetter_TurnsAround()
    {
        var progress = new Progress(lowerIsBetter: false, minDelta: 0);
        Assert.Equal([true, false, true], new[] { .5, .5, .6 }.Select(progress.Observe));
        Assert.Equal(0, progress.Stale);
    }

    [Theory]
    [InlineData(90, 0.1, 10)]
    [InlineData(100, 0.5, 100)]
    [InlineData(7, 0.3, 3)]
    [InlineData(50, 0, 0)]
    public void ReplayCount_Share_IsThatShareOfAll(int own, double share, int expected)
    {
        var count = Replay.Count(own, share);
        Assert.Equal(expected, count);
        Assert.True(Math.Abs(count - (share * (own + count))) <= .5 / (1 - share) * (1 - share) + 1e-9);
    }

    [Fact]
    public void ReplayDue_AnyCutOfTheStream_KeepsTheShareToLessThanOneRow()
    {
        foreach (var share in new[] { .01, .1, .25, .5, .75 })
        {
            var random = new Random(5);
            long own = 0, general = 0;
            for (var step = 0; step < 200; step++)
            {
                var rows = random.Next(1, 9);
                general += Replay.Due(own, rows, share);
                own += rows;
                Assert.InRange((own * share / (1 - share)) - general, -1e-6, 1);
            }
        }
    }

    [Fact]
    public void ReplayTake_ThreePasses_UsesEveryRowThreeTimesAndContinuesAnywhere()
    {
        var rows = Enumerable.Range(0, 7).ToList();
        var all = Replay.Take(rows, 0, 21, 3);
        Assert.All(all.GroupBy(r => r), g => Assert.Equal(3, g.Count()));
        Assert.Equal(all.Skip(5).Take(9), Replay.Take(rows, 5, 9, 3));
    }

    [Fact]
    public void Ewc_Gradient_EqualsFiniteDifferences()
    {
        using var scope = torch.NewDisposeScope();
        manual_seed(1);
        Tensor theta = randn(5, dtype: ScalarType.Float64).requires_grad_(true), anchor = randn(5, dtype: ScalarType.Float64), fisher = rand(5, dtype: ScalarType.Float64);
        QuadraticPenalties.Ewc([theta], [anchor], [fisher], 3).backward();
        for (var i = 0; i < 5; i++)
        {
            double At(double shift)
            {
                using var none = no_grad();
                var moved = theta.clone();
                moved[i] = moved[i].add((Scalar)shift);
                return QuadraticPenalties.Ewc([moved], [anchor], [fisher], 3).item<double>();
            }

            Assert.Equal((At(1e-5) - At(-1e-5)) / 2e-5, theta.grad![i].item<double>(), 1e-7);
        }
    }

    [Fact]
    public void NeutralKl_EqualModels_IsZeroAndJsNeverExceedsLn2()
    {
        using var scope = torch.NewDisposeScope();
        manual_seed(2);
        Tensor p = randn([3, 4, 11], ScalarType.Float64).mul((Scalar)9.0), q = randn([3, 4, 11], ScalarType.Float64).mul((Scalar)9.0);
        foreach (var direction in Enum.GetValues<KlDirection>())
        {
            Assert.Equal(0, NeutralKl.PerPosition(p, p, direction).abs().max().item<double>(), 1e-12);
        }

        Assert.InRange(NeutralKl.PerPosition(p, q, KlDirection.Js).max().item<double>(), 0, Math.Log(2) + 1e-12);
    }

    [Fact]
    public void LabelSmoothing_ThroughTheChunkedHead_EqualsTheWholeLogits()
    {
        using var scope = torch.NewDisposeScope();
        manual_seed(3);
        Tensor hidden = randn([2, 6, 8], ScalarType.Float64).requires_grad_(true), head = randn([13, 8], ScalarType.Float64).requires_grad_(true);
        var labels = randint(0, 13, [2, 6], ScalarType.Int64);
        labels[0, 3] = LogProbs.IgnoreIndex;
        var whole = SftLoss.Compute(nn.functional.linear(hidden, head), labels, 7, labelSmoothing: .2);
        whole.Loss.backward();
        var (expectedHidden, expectedHead) = (hidden.grad!.clone(), head.grad!.clone());
        (hidden.grad, head.grad) = (null, null);
        var chunked = SftLoss.FromHidden(hidden, head, null, labels, 7, head: new HeadOptions(MaxChunkElements: 30), labelSmoothing: .2);
        chunked.Loss.backward();
        Assert.Equal(whole.Loss.item<double>(), chunked.Loss.item<double>(), 1e-12);
        Assert.True(hidden.grad!.allclose(expectedHidden, 1e-10, 1e-12));
        Assert.True(head.grad!.allclose(expectedHead, 1e-10, 1e-12));
    }

    [Fact]
    public void Dare_Mask_KeepsTheExpectation()
    {
        using var scope = torch.NewDisposeScope();
        using var generator = new Generator(4);
        var change = ones(20000, dtype: ScalarType.Float64);
        var dropped = DareMerging.Drop(change, DareMerging.Mask(change, .3, generator), .3);
        Assert.Equal(1, dropped.mean().item<double>(), .05);
    }
}

using Alignment.Statistics.Preferences;

namespace Alignment.Statistics.Tests;

public sealed class PairedGateTests
{
    private static readonly double[] Flat = [.. Enumerable.Repeat(2.0, 40)];

    [Fact]
    public void Decide_ChildBetterOnEveryPrompt_Passes()
    {
        var gate = PairedGate.Decide(Flat, [.. Flat.Select(x => x + 1)], 10, 10.5);

        Assert.Equal(GateVerdict.Pass, gate.Decision);
        Assert.Equal(1, gate.WinRate.TiesHalf);
        Assert.Equal(1, gate.MeanDifference, 12);
        Assert.True(gate.PValue < 0.001);
    }

    [Fact]
    public void Decide_ChildWorse_Fails() =>
        Assert.Equal(GateVerdict.Fail, PairedGate.Decide(Flat, [.. Flat.Select(x => x - 1)], 10, 10).Decision);

    [Fact]
    public void Decide_SameAnswers_IsInconclusiveWithPOne()
    {
        var gate = PairedGate.Decide(Flat, Flat, 10, 10);

        Assert.Equal(GateVerdict.Inconclusive, gate.Decision);
        Assert.Equal(1, gate.PValue);
    }

    [Fact]
    public void Decide_BetterButForgetful_Fails() =>
        Assert.Equal(GateVerdict.Fail, PairedGate.Decide(Flat, [.. Flat.Select(x => x + 1)], 10, 20).Decision);

    [Fact]
    public void Decide_PerplexityNotANumber_Fails() =>
        Assert.Equal(GateVerdict.Fail, PairedGate.Decide(Flat, [.. Flat.Select(x => x + 1)], 10, double.NaN).Decision);

    [Fact]
    public void Decide_TooFewPrompts_IsInconclusive() =>
        Assert.Equal(GateVerdict.Inconclusive, PairedGate.Decide([.. Flat.Take(12)], [.. Flat.Take(12).Select(x => x + 1)], 10, 10).Decision);

    [Fact]
    public void Decide_NoPrompts_IsInconclusive() =>
        Assert.Equal(GateVerdict.Inconclusive, PairedGate.Decide([], [], 10, 10).Decision);

    [Fact]
    public void Decide_SameSeed_SamePValue()
    {
        double[] child = [.. Flat.Select((x, i) => x + ((i % 5) - 1.7))];
        var options = new PairedGateOptions { Seed = 7 };

        Assert.Equal(PairedGate.Decide(Flat, child, 1, 1, options).PValue, PairedGate.Decide(Flat, child, 1, 1, options).PValue);
    }
}

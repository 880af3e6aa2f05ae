using Alignment.ModelCore.Training.Guards;

namespace Alignment.ModelCore.Tests.Training.Guards;

// Every sequence is made by hand; what must happen follows from the guard's definition by mental arithmetic.
public sealed class GuardTests
{
    [Theory]
    [InlineData(new[] { 1.0, 2, 3 }, 2.0, false)] // mean 2: at the budget
    [InlineData(new[] { 1.0, 2, 3.3 }, 2.0, true)] // mean 2.1
    [InlineData(new[] { 9.0, 1, 1, 1 }, 2.0, false)] // one spike that left the window
    [InlineData(new[] { 9.0, 9 }, 2.0, false)] // not enough measurements yet
    [InlineData(new[] { 9.0, 9, 9 }, 0.0, false)] // no budget
    public void KlBudget_MeanOfTheWindow_AgainstTheBudget(double[] kl, double budget, bool fires) =>
        Assert.Equal(fires, Judge(new KlBudget(["kl_per_sequence"], budget, "sequence"), 3, ("kl_per_sequence", kl)).Fired);

    [Theory]
    [InlineData(new[] { -1.0, -1, -1, -1 }, true)]
    [InlineData(new[] { -1.0, 1, -1, 1 }, false)] // about 0
    [InlineData(new[] { -2.0, 1, -2, 1 }, false)] // mean −0.5, standard error 0.87
    [InlineData(new[] { -0.0001, -0.0001, -0.0001, -0.0001 }, false)] // rounding
    [InlineData(new[] { 0.5, 0.4, 0.6, 0.5 }, false)]
    public void NegativeKl_OnlyBeyondChance_Fires(double[] kl, bool fires) =>
        Assert.Equal(fires, Judge(new NegativeKl(["kl"], 0.001), 4, ("kl", kl)).Fired);

    [Theory]
    [InlineData(new[] { 2.0, 2, 1, 1 }, false)]
    [InlineData(new[] { 2.0, 2, 0.1, 0.1 }, true)] // 0.1 < 0.1·2
    [InlineData(new[] { 2.0, 2, 0.2, 0.2 }, false)] // exactly the floor
    public void EntropyCollapse_ShareOfTheStart_Decides(double[] entropy, bool fires) =>
        Assert.Equal(fires, Judge(new EntropyCollapse(["entropy"], 0.1), 2, ("entropy", entropy)).Fired);

    [Theory]
    [InlineData(new[] { -20.0, -20, -60, -60 }, false)] // fell 40
    [InlineData(new[] { -20.0, -20, -71, -71 }, true)] // fell 51
    [InlineData(new[] { -20.0, -20, -5, -5 }, false)] // rose
    public void FallingChosen_FallSinceTheStart_Decides(double[] logps, bool fires) =>
        Assert.Equal(fires, Judge(new FallingChosen(["logps/chosen"], 50), 2, ("logps/chosen", logps)).Fired);

    [Theory]
    [InlineData(new[] { 10.0, 10, 19, 19 }, false)]
    [InlineData(new[] { 10.0, 10, 21, 21 }, true)]
    [InlineData(new[] { 10.0, 10, 4, 4 }, true)] // shrinking is drift as well
    public void LengthDrift_BothWays_Fires(double[] lengths, bool fires) =>
        Assert.Equal(fires, Judge(new LengthDrift(["completions/mean_length"], 2), 2, ("completions/mean_length", lengths)).Fired);

    [Theory]
    [InlineData(new[] { 0.0, 1, 2, 3 }, new[] { 0.5, 0.6, 0.5, 0.4 }, true)] // proxy up, gold down twice
    [InlineData(new[] { 0.0, 1, 2, 3 }, new[] { 0.5, 0.6, 0.5, 0.65 }, false)] // gold recovered
    [InlineData(new[] { 0.0, 1, 2 }, new[] { 0.5, 0.6, 0.5 }, false)] // one probe is not two
    [InlineData(new[] { 0.0, 3, 1, 0 }, new[] { 0.5, 0.6, 0.5, 0.4 }, false)] // both fall: bad, but nobody is fooled
    [InlineData(new[] { 0.0, 1, 2, 3 }, new[] { 0.5, 0.6, 0.59, 0.59 }, false)] // within the tolerance
    public void ProxyGoldGap_GoldFallsWhileProxyHolds_Fires(double[] proxy, double[] gold, bool fires) =>
        Assert.Equal(fires, Judge(new ProxyGoldGap(0.02, 2), 8, (ProbeMetrics.Proxy, proxy), (ProbeMetrics.Gold, gold)).Fired);

    [Fact]
    public void ProxyGoldGap_GoldBelowItsBest_IsNotGood()
    {
        var guard = new ProxyGoldGap(0, 2);
        Assert.True(Judge(guard, 8, (ProbeMetrics.Proxy, [0, 1]), (ProbeMetrics.Gold, [0.5, 0.6])).Good);
        Assert.False(Judge(guard, 8, (ProbeMetrics.Proxy, [0, 1, 2]), (ProbeMetrics.Gold, [0.5, 0.6, 0.5])).Good);
    }

    [Fact]
    public void Verdict_OfAFiring_CarriesTheNumbers()
    {
        var verdict = Judge(new KlBudget(["kl_per_token"], 0.1, "token"), 2, ("kl_per_token", [0.3, 0.5]));
        Assert.Equal(0.4, verdict.Values["kl_per_token"], 12);
        Assert.Equal(0.1, verdict.Values["budget"]);
        Assert.Contains("0.4 nats per token", verdict.Message, StringComparison.Ordinal);
    }

    private static Verdict Judge(IGuard guard, int window, params (string Name, double[] Values)[] series)
    {
        var history = new GuardHistory(window);
        for (var i = 0; i < series[0].Values.Length; i++)
        {
            history.Observe(series.ToDictionary(s => s.Name, s => s.Values[i]), guard.Watches);
        }

        return guard.Judge(history);
    }
}

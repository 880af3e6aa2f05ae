using System.Text.Json.Nodes;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Training.Guards;

namespace Alignment.ModelCore.Tests.Training.Guards;

public sealed class RunGuardsTests
{
    private readonly MemoryMetrics sink = new();
    private readonly List<string> calls = [];

    [Fact]
    public void After_Warn_IsAnEventWithNumbersAndTheRunGoesOn()
    {
        var guards = new RunGuards(Options("warn"));
        Feed(guards, 3);
        var e = Assert.Single(sink.Events, e => e.Name == "guard_kl_budget");
        Assert.Equal((2, 5.0), (e.Step, e.Values["kl_per_sequence"]));
        Assert.Null(guards.StoppedBy);
    }

    [Fact]
    public void After_Fired_IsQuietForAWindow()
    {
        Feed(new RunGuards(Options("warn")), 8);
        Assert.Equal([2, 5, 8], sink.Events.Select(e => e.Step));
    }

    [Fact]
    public void After_AdaptWithoutKlCoefficient_HalvesTheLearningRate()
    {
        var guards = new RunGuards(Options("adapt"));
        Feed(guards, 5);
        Assert.Equal((0.25, 1.0), (guards.LearningRateScale, guards.KlScale));
    }

    [Fact]
    public void After_AdaptWithKlCoefficient_DoublesIt()
    {
        var guards = new RunGuards(Options("adapt")) { HasKlCoefficient = true };
        Feed(guards, 3);
        Assert.Equal((1.0, 2.0), (guards.LearningRateScale, guards.KlScale));
    }

    [Fact]
    public void After_Stop_NamesTheGuard()
    {
        var guards = new RunGuards(Options("stop"));
        Feed(guards, 2);
        Assert.Equal("kl_budget", guards.StoppedBy);
        Assert.Empty(calls);
    }

    [Fact]
    public void After_RollBack_RestoresTheLastGoodStep()
    {
        var guards = new RunGuards(Options("roll_back"));
        Feed(guards, 3, kl: [1, 1, 9, 9]);
        Assert.Equal(["keep 1", "keep 2", "restore 3"], calls);
        Assert.Contains("the weights of step 2", sink.Events[^1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void After_DroppedStep_IsNotGood()
    {
        var guards = new RunGuards(Options("roll_back"));
        guards.After(1, new Dictionary<string, double> { ["kl_per_sequence"] = double.NaN }, healthy: false, sink, () => calls.Add("keep"), () => { });
        Assert.Empty(calls);
    }

    [Fact]
    public void Restore_InTheMiddle_DecidesAsIfNothingHappened()
    {
        var whole = new RunGuards(Options("adapt"));
        Feed(whole, 12);
        var events = sink.Events.Select(e => e.Message).ToList();

        var first = new RunGuards(Options("adapt"));
        Feed(first, 7);
        var second = new RunGuards(Options("adapt"));
        second.Restore(JsonNode.Parse(first.ToJson().ToJsonString())!.AsObject());
        Feed(second, 12, from: 8);
        Assert.Equal(events, sink.Events.Skip(events.Count).Select(e => e.Message));
        Assert.Equal(whole.ToJson().ToJsonString(), second.ToJson().ToJsonString());
    }

    [Theory]
    [InlineData("""{"guards": {"kl_budget": "stop"}}""", "guards.kl_budget needs a budget")]
    [InlineData("""{"guards": {"probe_every": 5}}""", "guards.probe_every needs probe_data")]
    [InlineData("""{"guards.entropy_floor": 0.2, "guards.entropy_collapse": "off"}""", "guards.entropy_floor has no effect while entropy_collapse is off")]
    [InlineData("""{"guards": {"length_drift": "panic"}}""", "guards.length_drift")]
    [InlineData("""{"guards": {"gold": "rubric:x"}}""", "guards.gold needs probe_every")]
    public void Options_Contradictory_AreRefused(string keys, string expected)
    {
        var e = Assert.Throws<OptionsException>(() => OptionBinder.Bind<Recipe>(JsonNode.Parse(keys)!.AsObject()));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    private void Feed(RunGuards guards, int steps, double[]? kl = null, int from = 1)
    {
        for (var step = from; step <= steps; step++)
        {
            var now = step;
            guards.After(step, new Dictionary<string, double> { ["kl_per_sequence"] = kl?[step - 1] ?? 5 }, true, sink, () => calls.Add($"keep {now}"), () => calls.Add($"restore {now}"));
        }
    }

    private static GuardOptions Options(string action) => new() { Window = 2, KlBudget = action, KlPerSequence = 3, GoodEvery = 1 };

    private sealed class Recipe : Alignment.ModelCore.Training.TrainingOptions;
}

using System.Text.Json.Nodes;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Training;

namespace Alignment.ModelCore.Tests.Configuration;

public sealed class OptionBinderTests
{
    [Fact]
    public void Bind_TextAndNumbers_AreRead()
    {
        var o = OptionBinder.Bind<Sample>(new JsonObject { ["learning_rate"] = "1e-3", ["max_steps"] = 1e2, ["files"] = new JsonArray("a", "b"), ["schedule"] = "cosine" });
        Assert.Equal(1e-3, o.LearningRate);
        Assert.Equal(100, o.MaxSteps);
        Assert.Equal(["a", "b"], o.Files);
        Assert.Equal("cosine", o.Schedule);
        Assert.False(OptionBinder.Bind<Sample>(new JsonObject { ["shuffle"] = "no" }).Shuffle);
    }

    [Theory]
    [InlineData("lerning_rate", "1", "Unknown key 'lerning_rate'; did you mean learning_rate?")]
    [InlineData("learning_rate", "0", "learning_rate: 0 is outside > 0 … 1.")]
    [InlineData("learning_rate", "fast", "learning_rate: 'fast' is not a number.")]
    [InlineData("learning_rate", "NaN", "learning_rate: 'NaN' is not a number.")]
    [InlineData("max_steps", "1.5", "max_steps: '1.5' is not a whole number.")]
    [InlineData("max_steps", "-1", "max_steps: -1 is outside ≥ 0 steps.")]
    [InlineData("schedule", "linar", "schedule: 'linar' is not one of linear, cosine; did you mean linear?.")]
    [InlineData("shuffle", "maybe", "shuffle: 'maybe' is not a true | false.")]
    public void Bind_BadKey_IsRefusedByName(string key, string value, string expected)
    {
        var e = Assert.Throws<OptionsException>(() => OptionBinder.Bind<Sample>(new JsonObject { [key] = value }));
        Assert.Equal(expected, Assert.Single(e.Problems));
    }

    [Theory]
    [InlineData("replay_share", "regularisation.replay_share")]
    [InlineData("tuning.targets", "tuning.target_modules")]
    [InlineData("regularisation.neftune_alpha", "neftune_alpha")]
    [InlineData("tuning.quantize", "tuning.quantise")]
    [InlineData("quantize", "tuning.quantise")]
    [InlineData("lerning_rate", "learning_rate")]
    public void Bind_MistypedKeyOfARun_HintsAtItsLastPartFirst(string key, string meant)
    {
        var e = Assert.Throws<OptionsException>(() => OptionBinder.Bind<RunSample>(new JsonObject { [key] = "1" }));
        Assert.Equal($"Unknown key '{key}'; did you mean {meant}?", Assert.Single(e.Problems));
    }

    [Fact]
    public void Bind_SeveralFaults_AreAllReported()
    {
        var e = Assert.Throws<OptionsException>(() => OptionBinder.Bind<Sample>(new JsonObject { ["max_step"] = 1, ["learning_rate"] = 2 }));
        Assert.Equal(2, e.Problems.Count);
    }

    [Fact]
    public void Bind_Contradiction_IsRefused()
    {
        var e = Assert.Throws<OptionsException>(() => OptionBinder.Bind<Sample>(new JsonObject { ["shuffle"] = false, ["max_steps"] = 3 }));
        Assert.Equal("shuffle and max_steps exclude each other.", Assert.Single(e.Problems));
    }

    [Fact]
    public void Keys_OfClass_CarryDefaultsAndRanges()
    {
        var keys = OptionKey.Of(typeof(Sample));
        Assert.Equal(["learning_rate", "max_steps", "files", "schedule", "shuffle"], keys.Select(k => k.Name));
        Assert.Equal("0.1", keys[0].DefaultOf(new Sample()));
        Assert.Equal("linear | cosine", keys[3].Range());
    }

    [Fact]
    public void Section_WrittenEitherWay_IsBoundAndChecked()
    {
        Assert.Equal(3, OptionBinder.Bind<Sectioned>(new JsonObject { ["part"] = new JsonObject { ["max_steps"] = 3 } }).Part.MaxSteps);
        Assert.Equal(4, OptionBinder.Bind<Sectioned>(new JsonObject { ["part.max_steps"] = "4" }).Part.MaxSteps);
        var unknown = Assert.Throws<OptionsException>(() => OptionBinder.Bind<Sectioned>(new JsonObject { ["part"] = new JsonObject { ["max_step"] = 3 } }));
        Assert.Equal("Unknown key 'part.max_step'; did you mean part.max_steps?", Assert.Single(unknown.Problems));
        var both = Assert.Throws<OptionsException>(() => OptionBinder.Bind<Sectioned>(new JsonObject { ["part.shuffle"] = false, ["part.max_steps"] = 3 }));
        Assert.Equal("part.shuffle and max_steps exclude each other.", Assert.Single(both.Problems));
        Assert.Equal(3, OptionBinder.Describe(OptionBinder.Bind<Sectioned>(new JsonObject { ["part.max_steps"] = 3 }))["part.max_steps"]!.GetValue<int>());
    }

    public sealed class RunSample : TrainingOptions
    {
        [Option("Noise.")]
        public double NeftuneAlpha { get; init; }
    }

    public sealed class Sectioned
    {
        [OptionGroup]
        public Sample Part { get; init; } = new();
    }

    public sealed class Sample : IOptionSet
    {
        [Option("Rate.", Min = 0, AboveMin = true, Max = 1)]
        public double LearningRate { get; init; } = 0.1;

        [Option("Steps.", Min = 0, Unit = "steps")]
        public int MaxSteps { get; init; }

        [Option("Files.")]
        public IReadOnlyList<string> Files { get; init; } = [];

        [Option("Shape.", Choices = "linear|cosine")]
        public string Schedule { get; init; } = "linear";

        [Option("Order.")]
        public bool Shuffle { get; init; } = true;

        public IEnumerable<string> Contradictions(IReadOnlySet<string> given)
        {
            if (given.Contains("shuffle") && MaxSteps > 0)
            {
                yield return "shuffle and max_steps exclude each other.";
            }
        }
    }
}

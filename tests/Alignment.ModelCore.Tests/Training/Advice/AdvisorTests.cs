using System.Globalization;
using System.Text.Json.Nodes;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using Alignment.ModelCore.Training.Advice;

namespace Alignment.ModelCore.Tests.Training.Advice;

public sealed class AdvisorTests
{
    private static readonly DataShape Data = new(2000, 90, 200);

    [Fact]
    public void Choices_SmallModel_BeginWithEveryParameterAndEndWithOneRowOverNf4()
    {
        var choices = Choices.For(Shape(1_000_000), Data, Goal.Of("sft"), new SomeOptions());
        Assert.Equal(("full", 16, 1), (choices[0].Method, choices[0].BatchSize, choices[0].Accumulation));
        Assert.Equal(("lora", "nf4_double", 1, 16), (choices[^1].Method, choices[^1].Quantise, choices[^1].BatchSize, choices[^1].Accumulation));
        Assert.All(choices, c => Assert.Equal(16, c.BatchSize * c.Accumulation));
    }

    // 16 rows a step are two groups of eight; a step never cuts a group.
    [Theory]
    [InlineData(2000, 8, 16)]
    [InlineData(10, 8, 8)]
    [InlineData(2000, 6, 12)]
    public void Choices_GroupedMethod_TakesWholeGroups(int prompts, int samples, int answers)
    {
        var choices = Choices.For(Shape(1_000_000), Data with { Rows = prompts }, Goal.Of("grpo"), new SomeOptions(), new AnswerKeys(256, samples));
        Assert.All(choices, c => Assert.Equal(answers, c.BatchSize * c.Accumulation));
        Assert.All(choices, c => Assert.InRange(c.MaxNewTokens, 1, c.MaxLength / 2));
    }

    [Fact]
    public void Choices_KeysOfTheUser_AreKept()
    {
        var choices = Choices.For(Shape(1_000_000), Data, Goal.Of("sft"), new SomeOptions(), null, new() { ["batch_size"] = "4", ["tuning.method"] = "lora", ["tuning.rank"] = "3", ["learning_rate"] = "0.5" });
        Assert.All(choices, c => Assert.Equal(("lora", 3, 4, 4, 0.5), (c.Method, c.Rank, c.BatchSize, c.Accumulation, c.LearningRate)));
    }

    [Fact]
    public void Keys_OfTheUser_GoIntoTheirSection()
    {
        var request = new AdviceRequest("m", ["d.jsonl"], 1 << 30, "grpo") { Set = new() { ["tuning.alpha"] = "5", ["reward.sources"] = new JsonArray("length:1..9", "think_format") } };
        var yaml = AdvisedSettings.Yaml(new AdvisedSettings("lora", 8, "none", "float32", 8, 1, 64, 1e-5, 32).Keys(request));
        Assert.Contains("max_new_tokens: 32\ntuning:\n  method: lora\n  rank: 8\n  alpha: \"5\"\nreward:\n  sources: [\"length:1..9\", think_format]\n", yaml, StringComparison.Ordinal);
    }

    [Fact]
    public void Choices_LargeModel_AreAdapters() =>
        Assert.DoesNotContain(Choices.For(Shape(1_000_000_000), Data, Goal.Of("sft"), new SomeOptions()), c => c.Method == "full");

    [Fact]
    public void Estimate_FullTraining_Takes16BytesAParameter()
    {
        var settings = new AdvisedSettings("full", 8, "none", "float32", 1, 1, 128, 1e-5);
        var estimate = MemoryEstimate.Of(Shape(1_000_000), settings, Goal.Of("sft"), 10);
        Assert.Equal(16_000_000, estimate.Weights + estimate.Gradients + estimate.Optimiser);
    }

    [Fact]
    public void Estimate_DoubleQuantisation_TakesAboutHalfAByteALinearParameter()
    {
        var settings = new AdvisedSettings("lora", 8, "nf4_double", "float32", 1, 1, 128, 1e-5);
        var shape = Shape(1_000_000_000) with { Linear = 1_000_000_000, RankUnit = 0 };
        Assert.InRange(MemoryEstimate.Of(shape, settings, Goal.Of("sft"), 10).Weights, 500_000_000, 530_000_000);
    }

    [Fact]
    public void Calibrated_MeasuredPeak_IsTheTotal()
    {
        var estimate = new MemoryEstimate(240, 40, 40, 80, 100);
        Assert.Equal(700, estimate.Calibrated(700).Total);
        Assert.Equal(300, estimate.Calibrated(300).Total);
    }

    [Theory]
    [InlineData(new double[] { 1, 2, 3, 4 }, new long[] { 100, 200, 300, 400 }, 0, 0.01)]
    [InlineData(new double[] { 1.5, 2.5, 3.5, 4.5 }, new long[] { 100, 200, 300, 400 }, 0.5, 0.01)]
    [InlineData(new double[] { 2, 2, 2, 2 }, new long[] { 100, 100, 100, 100 }, 0, 0.02)]
    public void Fit_StepTimes_ByHand(double[] seconds, long[] tokens, double constant, double slope)
    {
        var (a, b) = StepCost.Fit([.. seconds.Zip(tokens)]);
        Assert.Equal(constant, a, 9);
        Assert.Equal(slope, b, 9);
    }

    // 0.1 s a step and 1 ms a token; the first step pays 2 s more, once; two threads, so that the clock shows half of the CPU's seconds but where a neighbour disturbs.
    [Fact]
    public void Whole_StepsOfATrial_ByHand()
    {
        var steps = Enumerable.Range(0, 21).Select(i => (Tokens: 100L + (10 * i), Cpu: 0.1 + (0.001 * (100 + (10 * i))) + (i == 0 ? 2 : 0)))
            .Select((s, i) => new StepTime(new((s.Cpu / 2) + (i == 7 ? 30 : 0), s.Cpu), s.Tokens)).ToList();
        var whole = StepTime.Whole(steps, count: 1000, meanTokens: 150, warmUp: 1);
        Assert.Equal(252, whole.Cpu, 6);
        Assert.Equal(126, whole.Wall, 6);
    }

    [Fact]
    public void Yaml_NamesThatNeedQuotes_AreQuoted()
    {
        var keys = new AdvisedSettings("lora", 8, "nf4", "float32", 2, 4, 128, 2e-4).Keys(new("my models/base", ["a.jsonl"], 1 << 30, "sft"));
        var yaml = AdvisedSettings.Yaml(keys);
        Assert.Contains("model: \"my models/base\"\n", yaml, StringComparison.Ordinal);
        Assert.Contains("tuning:\n  method: lora\n  rank: 8\n  alpha: 16\n  quantise: nf4\n", yaml, StringComparison.Ordinal);
    }

    [Fact]
    public void Advise_TrialShowsMoreThanFits_TakesALighterSetting()
    {
        using var folder = new TinyCheckpoint();
        var seen = new List<JsonObject>();
        TrialReport Trial(JsonObject keys, TimeSpan budget)
        {
            seen.Add(keys);
            return new() { PeakBytes = keys["batch_size"]!.GetValue<int>() > 4 ? 900L << 20 : 500L << 20, ProcessSeconds = 5, LoopSeconds = 4, StepSeconds = 10, SaveSeconds = 0.2, TotalSteps = 100 };
        }

        var advice = new Advisor(Trial).Advise(new(folder.Path, [folder.Data], 600L << 20, "sft"), new SomeOptions());
        Assert.True(advice.Measured);
        Assert.InRange(advice.Settings.BatchSize, 1, 4);
        Assert.True(seen.Count > 1);
        Assert.Equal((500L << 20) * 33 / 32, advice.Memory.Total);
        Assert.Equal(11.2, advice.Time!.Total, 9);
    }

    [Fact]
    public void Advise_TrialRunsOutOfMemory_TakesALighterSettingAndGivesUpInTheEnd()
    {
        using var folder = new TinyCheckpoint();
        var tried = new List<int>();
        TrialReport? Trial(JsonObject keys, TimeSpan budget)
        {
            tried.Add(keys["batch_size"]!.GetValue<int>());
            return TrialReport.OutOfMemory;
        }

        Assert.Throws<OptionsException>(() => new Advisor(Trial).Advise(new(folder.Path, [folder.Data], 300L << 20, "sft"), new SomeOptions()));
        Assert.InRange(tried.Count, 1, 3);
    }

    [Fact]
    public void Advise_NothingFits_SaysHowMuchItTakes()
    {
        using var folder = new TinyCheckpoint();
        var problem = Assert.Throws<OptionsException>(() => new Advisor(null).Advise(new(folder.Path, [folder.Data], 1 << 20, "sft"), new SomeOptions()));
        Assert.Contains("is too little for llama", problem.Message, StringComparison.Ordinal);
    }

    private static ModelShape Shape(long parameters) => new(TinyModels.Llama(), parameters, parameters / 2, 1000, 256);

    private sealed class SomeOptions : TrainingOptions;

    /// <summary>A model folder with a tokenizer of its own, and rows.</summary>
    private sealed class TinyCheckpoint : IDisposable
    {
        public TinyCheckpoint()
        {
            using (var model = CausalModel.Create(TinyModels.Llama(), 1))
            {
                CheckpointWriter.Save(model, Path);
            }

            File.WriteAllText(System.IO.Path.Combine(Path, "tokenizer.json"), """
                {"version": "1.0", "added_tokens": [], "normalizer": null, "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null, "decoder": null,
                 "model": {"type": "WordLevel", "vocab": {"[UNK]": 0, "a": 1}, "unk_token": "[UNK]"}}
                """);
            File.WriteAllLines(Data, Enumerable.Range(0, 640).Select(i => string.Create(CultureInfo.InvariantCulture, $"{{\"prompt\": \"a a a\", \"completion\": \"a a {i}\"}}")));
        }

        public string Path { get; } = Directory.CreateTempSubdirectory("advice").FullName;

        public string Data => System.IO.Path.Combine(Path, "rows.jsonl");

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}

using System.Text.Json.Nodes;
using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Native;
using Alignment.ModelCore.Training;
using Alignment.ModelCore.Training.Advice;
using Alignment.Suite.Commands;

namespace Alignment.Suite.Tests.Commands;

/// <summary>Every key of <c>regularisation</c> and <c>evaluation</c> in every recipe under <c>align train</c>: it acts, or a sentence says why it cannot.</summary>
[Collection(nameof(ConsoleCommands))]
public sealed class EveryRecipeTests : IDisposable
{
    /// <summary>Recipes whose losses have no targets to smooth with their defaults.</summary>
    private static readonly HashSet<string> NothingToSmooth = ["bco", "dpo", "grpo", "kto", "nash-md", "online-dpo", "ppo", "reinforce++", "reinforce-pp", "remax", "rloo", "simpo", "xpo"];

    /// <summary>Recipes that draw answers and learn from them with the same probabilities.</summary>
    private static readonly HashSet<string> Online = ["grpo", "nash-md", "online-dpo", "ppo", "reinforce++", "reinforce-pp", "remax", "rloo", "xpo"];

    private static readonly string Sample = Path.Combine(Repository.Root, "samples", "helpdesk");
    private readonly string folder = Directory.CreateTempSubdirectory("every-recipe").FullName;
    private readonly string general = Path.Combine(Sample, "general.jsonl");
    private readonly string model;
    private readonly string data;

    public EveryRecipeTests()
    {
        TorchRuntime.EnsureLoaded();
        model = Path.Combine(folder, "base");
        using (var tiny = CausalModel.Create(DecoderConfig.Parse("""
            {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": 1024, "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "pad_token_id": 0,
             "num_attention_heads": 2, "num_key_value_heads": 1, "max_position_embeddings": 128, "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "tie_word_embeddings": true, "initializer_range": 0.1}
            """), seed: 3))
        {
            Directory.CreateDirectory(model);
            CheckpointWriter.Save(tiny, model, new SaveOptions { CopyFilesFrom = Path.Combine(Sample, "base") });
        }

        data = Path.Combine(folder, "data.jsonl");
        File.WriteAllLines(data, Enumerable.Range(0, 12).Select(i => new JsonObject
        {
            ["task"] = $"t{i % 3}", ["text"] = $"Number {i} is {i % 5}.", ["prompt"] = $"Question {i}?", ["response"] = $"Answer {i % 7}.", ["chosen"] = $"Hello! Answer {i % 7}.", ["rejected"] = $"No idea {i % 5}.",
        }.ToJsonString()));
        File.WriteAllLines(data + ".steps", Enumerable.Range(0, 12).Select(i => $$"""{"prompt": "Question {{i}}?", "completions": ["One.", "Two {{i}}."], "labels": [true, false]}"""));
        File.WriteAllLines(data + ".ranks", Enumerable.Range(0, 12).Select(i => $$"""{"prompt": "Question {{i}}?", "responses": ["One {{i}}.", "Two.", "Three."], "ranks": [1, 2, 3]}"""));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    public static TheoryData<string> Recipes() => [.. TrainVerb.Methods().Where(m => m.Name != "pretrain").Select(m => m.Name), "reward loss=plackett_luce"];

    [Theory]
    [MemberData(nameof(Recipes))]
    public void Train_EverythingAgainstForgetting_ActsInEveryRecipe(string recipe)
    {
        var metrics = new MemoryMetrics();
        Run(recipe, metrics, $"""
            regularisation.l2_sp_alpha=0.1 regularisation.ewc_lambda=1 regularisation.ewc_data={general} regularisation.ewc_samples=3
            regularisation.kl_base_weight=0.5 regularisation.kl_base_data={general} regularisation.kl_base_rows=2 regularisation.replay_share=0.5 regularisation.replay_data={general}
            regularisation.average=linear regularisation.average_alpha=0.7 regularisation.average_sweep=0.5 regularisation.general_rows=4 evaluation.data={Rows(recipe)} evaluation.every=1 evaluation.keep_best=true
            """);
        string[] expected = ["regularisation/l2_sp", "regularisation/ewc", "regularisation/kl_base", .. recipe == "sft" ? Array.Empty<string>() : ["regularisation/replay_loss"]];
        Assert.Equal([], expected.Except(metrics.Steps[^1].Values.Keys));
        Assert.Contains(Online.Contains(recipe) ? "eval_reward" : "eval_loss", metrics.Steps[^1].Values.Keys);
        Assert.Contains(metrics.Events, e => e.Name == "average_sweep" && e.Values.ContainsKey("general"));
        var record = Record();
        Assert.Equal(0.7, record["average"]!["alpha"]!.GetValue<double>());
        Assert.NotNull(record["evaluation"]!["best"]);
    }

    [Theory]
    [MemberData(nameof(Recipes))]
    public void Train_NothingSet_ReportsTheForgettingTable(string recipe)
    {
        var metrics = new MemoryMetrics();
        Run(recipe, metrics, "");
        var values = Assert.Single(metrics.Events, e => e.Name == "forgetting").Values;
        Assert.Equal(["acc", "bwt", "fm", "perplexity_after", "perplexity_before", "perplexity_ratio"], values.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(["neutral en", "neutral pt-BR", .. Online.Contains(recipe) ? Array.Empty<string>() : ["task"]], Record()["forgetting"]!["tasks"]!.AsArray().Select(t => t!["task"]!.GetValue<string>()));
    }

    // Two runs with the same seed, one with forgetting measured and one without: the weights are the same to the last bit.
    [Theory]
    [InlineData("sft")]
    [InlineData("reward")]
    [InlineData("dpo")]
    [InlineData("grpo")]
    [InlineData("sft tuning.method=lora tuning.dropout=0.1")]
    public void Train_ForgettingMeasured_ChangesNoWeight(string recipe)
    {
        Run(recipe, new MemoryMetrics(), "");
        var measured = File.ReadAllBytes(Path.Combine(folder, "run", "model.safetensors"));
        var metrics = new MemoryMetrics();
        Run(recipe, metrics, "regularisation.forgetting=false");
        Assert.DoesNotContain(metrics.Events, e => e.Name == "forgetting");
        Assert.Equal(measured, File.ReadAllBytes(Path.Combine(folder, "run", "model.safetensors")));
    }

    [Fact]
    public void Train_NewModel_EvaluatesAndRefusesWhatNeedsAStart()
    {
        var metrics = new MemoryMetrics();
        Run("pretrain", metrics, $"evaluation.data={data} evaluation.every=1 regularisation.label_smoothing=0.1 regularisation.dropout=0.1");
        Assert.Contains("eval_loss", metrics.Steps[^1].Values.Keys);
        var refused = Assert.Throws<OptionsException>(() => Run("pretrain", new MemoryMetrics(), "regularisation.l2_sp_alpha=0.1"));
        Assert.Contains("no starting checkpoint", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Recipes))]
    public void Train_LabelSmoothing_ActsOrSaysWhyNot(string recipe)
    {
        if (NothingToSmooth.Contains(recipe) || recipe.Contains("plackett_luce", StringComparison.Ordinal))
        {
            var refused = Assert.Throws<OptionsException>(() => Run(recipe, new MemoryMetrics(), "regularisation.label_smoothing=0.3"));
            Assert.StartsWith("regularisation.label_smoothing: ", refused.Message, StringComparison.Ordinal);
            return;
        }

        MemoryMetrics plain = new(), smooth = new();
        Run(recipe, plain, "");
        Run(recipe, smooth, "regularisation.label_smoothing=0.3");
        Assert.True(Math.Abs(plain.Curve("loss")[0].Value - smooth.Curve("loss")[0].Value) > 1e-5);
    }

    [Theory]
    [MemberData(nameof(Recipes))]
    public void Train_Dropout_ActsOrSaysWhyNot(string recipe)
    {
        if (Online.Contains(recipe))
        {
            Assert.Contains("dropout must stay off", Assert.Throws<OptionsException>(() => Run(recipe, new MemoryMetrics(), "regularisation.dropout=0.5")).Message, StringComparison.Ordinal);
            return;
        }

        MemoryMetrics plain = new(), dropped = new();
        Run(recipe, plain, "");
        Run(recipe, dropped, "regularisation.dropout=0.5");
        Assert.NotEqual(plain.Curve("loss")[0].Value, dropped.Curve("loss")[0].Value);
    }

    // The advisor can try every recipe: some steps of it, and once what the whole run does before, after and along the way.
    [Theory]
    [MemberData(nameof(Recipes))]
    public void Train_AsATrial_EndsEarlyAndKnowsTheWholeRun(string recipe)
    {
        TrialReport report;
        using (var trial = RunTrial.Enter(TimeSpan.FromMilliseconds(20)))
        {
            Run(recipe, new MemoryMetrics(), $"max_steps=400 save_every=50 evaluation.data={Rows(recipe)} evaluation.every=20");
            report = trial.Report;
        }

        Assert.InRange(report.StepsTaken, 1, 200);
        Assert.Equal(recipe == "meta" ? 800 : 400, report.TotalSteps);
        Assert.True(report.StepSeconds > report.LoopSeconds && report.StepCpuSeconds > 0 && report.SaveSeconds > 0 && report.EvaluateSeconds > 0 && report.PeakBytes > 0);
        Assert.True(File.Exists(Path.Combine(folder, "run", "model.safetensors")));
        Assert.NotNull(Record()["forgetting"]);
    }

    [Fact]
    public void Train_KeysOfForgettingWhileItIsOff_AreRefused() =>
        Assert.Contains("general has no effect without forgetting", Assert.Throws<OptionsException>(() => Run("sft", new MemoryMetrics(), $"regularisation.forgetting=false regularisation.general={general}")).Message, StringComparison.Ordinal);

    private string Rows(string recipe) => recipe == "prm" ? data + ".steps" : recipe.Contains("plackett_luce", StringComparison.Ordinal) ? data + ".ranks" : data;

    private void Run(string recipe, IMetricsSink metrics, string settings)
    {
        var words = recipe.Split(' ');
        var method = TrainVerb.Methods().Single(m => m.Name == words[0]);
        var keys = new JsonObject { ["data"] = Rows(recipe), ["max_steps"] = 2, ["batch_size"] = 2, ["threads"] = 1, ["seed"] = 1, ["max_length"] = 96, ["learning_rate"] = 1e-3 };
        if (words[0] == "pretrain")
        {
            (keys["tokenizer"], keys["hidden_size"], keys["layers"], keys["heads"]) = (Path.Combine(Sample, "base"), 16, 2, 2);
        }
        else
        {
            keys["model"] = model;
        }

        if (method.Defaults is PolicyOptimization.Recipes.Online.OnlineOptions)
        {
            (keys["reward.sources"], keys["max_new_tokens"]) = ("length:20..60", 8);
        }

        if (method.Defaults is PolicyOptimization.Recipes.Group.GroupOptions)
        {
            keys["samples_per_prompt"] = 2;
        }

        if (words[0] == "best-of-n")
        {
            (keys["long_answers"], keys["drop_equal"]) = ("keep", false);
        }

        foreach (var pair in words.Skip(1).Concat(settings.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries)).Select(s => s.Split('=', 2)))
        {
            keys[pair[0]] = pair[1];
        }

        var run = Path.Combine(folder, "run");
        if (Directory.Exists(run))
        {
            Directory.Delete(run, recursive: true);
        }

        method.Prepare(keys)(TrainingFolders.In(run), metrics, CancellationToken.None);
    }

    private JsonObject Record() => JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "run", TrainingRecord.FileName)))!.AsObject();
}

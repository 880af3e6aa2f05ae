using System.Text.Json.Nodes;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Native;
using Alignment.ModelCore.Training;
using Alignment.SupervisedFineTuning.Recipes;

namespace Alignment.SupervisedFineTuning.Tests.Recipes;

[Collection(nameof(OwnGenerator))]
public sealed class RegularisationTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("forget").FullName;
    private readonly string general = Path.Combine(TinyCheckpoint.Helpdesk, "general.jsonl");
    private readonly string rowsFile;
    private readonly string heldOut;
    private readonly string model;

    public RegularisationTests()
    {
        TorchRuntime.EnsureLoaded();
        model = TinyCheckpoint.Make(Path.Combine(folder, "base"));
        var lines = File.ReadLines(Path.Combine(TinyCheckpoint.Helpdesk, "sft.jsonl")).Take(56).ToList();
        File.WriteAllLines(rowsFile = Path.Combine(folder, "rows.jsonl"), lines.Take(40));
        File.WriteAllLines(heldOut = Path.Combine(folder, "held.jsonl"), lines.Skip(40));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    public static TheoryData<string> Kinds() => new(Settings.Keys);

    private static Dictionary<string, string> Settings { get; } = new()
    {
        ["plain"] = "",
        ["l2_sp"] = "regularisation.l2_sp_alpha=0.5",
        ["ewc"] = "regularisation.ewc_lambda=5 regularisation.ewc_data=GENERAL regularisation.ewc_samples=6",
        ["kl forward"] = "regularisation.kl_base_weight=0.5 regularisation.kl_base_data=GENERAL regularisation.kl_base_temperature=2",
        ["kl js"] = "regularisation.kl_base_weight=0.5 regularisation.kl_base_data=GENERAL regularisation.kl_base_direction=js",
        ["replay"] = "regularisation.replay_share=0.2 regularisation.replay_data=GENERAL",
        ["label smoothing and dropout"] = "regularisation.label_smoothing=0.1 regularisation.dropout=0.1",
        ["neftune"] = "neftune_alpha=5",
        ["average"] = "regularisation.average=dare regularisation.average_sweep=[0,1] regularisation.general=GENERAL regularisation.general_rows=5",
        ["best kept"] = "evaluation.data=HELD evaluation.every=2 evaluation.keep_best=true",
        ["lora: kl, ewc, l2_sp"] = "tuning.method=lora tuning.rank=4 regularisation.kl_base_weight=0.5 regularisation.kl_base_data=GENERAL regularisation.ewc_lambda=5 regularisation.ewc_data=GENERAL regularisation.ewc_samples=6 regularisation.l2_sp_beta=0.01",
        ["lora: averaged"] = "tuning.method=lora tuning.rank=4 regularisation.average=linear regularisation.general=GENERAL regularisation.general_rows=5",
        ["plateau"] = "evaluation.data=HELD evaluation.every=1 schedule=reduce_lr_on_plateau schedule_options.patience=0 schedule_options.threshold=0.01 schedule_options.factor=0.5",
        ["wsd"] = "schedule=warmup_stable_decay schedule_options.decay_type=1-sqrt schedule_options.num_decay_steps=3",
        ["adamw_8bit"] = "optimizer=adamw_8bit", ["adafactor"] = "optimizer=adafactor", ["lion"] = "optimizer=lion learning_rate=1e-4",
        ["muon"] = "optimizer=muon weight_decay=0.1", ["sgd"] = "optimizer=sgd momentum=0.9", ["rmsprop"] = "optimizer=rmsprop",
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Run_KilledAndResumed_EqualsTheUninterruptedRun(string kind)
    {
        var straight = Run(kind, "straight", new MemoryMetrics());
        Assert.Throws<IOException>(() => Run(kind, "killed", new FailAt(5)));
        var metrics = new MemoryMetrics();
        Assert.Equal(straight.Digest, Run(kind, "killed", metrics).Digest);
        Assert.Contains(metrics.Events, e => e.Name == "resumed");
    }

    [Theory]
    [InlineData("l2_sp")]
    [InlineData("ewc")]
    [InlineData("kl forward")]
    public void Run_Accumulated_EqualsTheLargeBatch(string kind)
    {
        MemoryMetrics whole = new(), parts = new();
        Run(kind, "whole", whole, "order=sequential max_steps=3 batch_size=8");
        Run(kind, "parts", parts, "order=sequential max_steps=3 batch_size=2 gradient_accumulation=4");
        Assert.All(whole.Curve("loss").Zip(parts.Curve("loss")), x => Assert.Equal(x.First.Value, x.Second.Value, 1e-4));
        Assert.All(whole.Curve("grad_norm").Zip(parts.Curve("grad_norm")), x => Assert.Equal(x.First.Value, x.Second.Value, 1e-4));
    }

    // The penalties are 0 at the start and hold the weights back afterwards.
    [Theory]
    [InlineData("regularisation/l2_sp", "regularisation.l2_sp_alpha=", 5)]
    [InlineData("regularisation/ewc", "regularisation.ewc_data=GENERAL regularisation.ewc_samples=20 regularisation.ewc_lambda=", 50)]
    [InlineData("regularisation/kl_base", "regularisation.kl_base_data=GENERAL regularisation.kl_base_weight=", 20)]
    public void Run_Penalised_StaysNearerToTheStart(string metric, string settings, double strength)
    {
        MemoryMetrics weak = new(), strong = new();
        const string Common = "max_steps=12 learning_rate=5e-3 ";
        Run("plain", "weak", weak, Common + settings + "1e-9");
        Run("plain", "strong", strong, Common + settings + strength.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(0, weak.Curve(metric)[0].Value, 1e-9);
        var scale = metric.EndsWith("kl_base", StringComparison.Ordinal) ? 1 : 1e9 * strength;
        Assert.True(strong.Curve(metric)[^1].Value < weak.Curve(metric)[^1].Value * scale * 0.7, $"{strong.Curve(metric)[^1].Value} is not below 0.7 of {weak.Curve(metric)[^1].Value * scale}");
    }

    [Fact]
    public void Run_ReplayShare_IsExactInTheRowsSeen()
    {
        var metrics = new MemoryMetrics();
        Run("plain", "replay", metrics, "epochs=1 max_steps=0 regularisation.replay_share=0.2 regularisation.replay_data=GENERAL");
        Assert.Contains(metrics.Events, e => e.Name == "replay" && e.Message == "10 general rows among 50");
    }

    [Fact]
    public void Run_NoProgress_StopsEarlyAndKeepsTheBestWeights()
    {
        var metrics = new MemoryMetrics();
        var result = Run("plain", "early", metrics, "max_steps=60 learning_rate=0.05 evaluation.data=HELD evaluation.every=2 evaluation.patience=2 evaluation.keep_best=true");
        var losses = metrics.Curve("eval_loss");
        var best = losses.MinBy(l => l.Value);
        Assert.Equal(best.Step + 4, result.Steps);
        Assert.Contains(metrics.Events, e => e.Name == "stopped_early");
        var record = Record("early")["evaluation"]!;
        Assert.Equal(best.Step, record["best_step"]!.GetValue<int>());
        Assert.Equal("best", record["kept"]!.GetValue<string>());

        // The checkpoint written is the one that was measured best.
        var again = new MemoryMetrics();
        Run("plain", "check", again, $"model={Path.Combine(folder, "early")} max_steps=1 learning_rate=1e-12 evaluation.data=HELD");
        Assert.Equal(best.Value, again.Curve("eval_loss")[0].Value, 1e-4);
    }

    [Fact]
    public void Run_GeneralSet_WritesTheForgettingTable()
    {
        var metrics = new MemoryMetrics();
        Run("plain", "table", metrics, "max_steps=10 learning_rate=5e-3 evaluation.data=HELD regularisation.general=GENERAL regularisation.general_rows=10");
        var table = Record("table")["forgetting"]!;
        var tasks = table["tasks"]!.AsArray();
        Assert.Equal(["general", "task"], tasks.Select(t => t!["task"]!.GetValue<string>()));
        double Of(int task, string key) => tasks[task]![key]!.GetValue<double>();
        Assert.Equal((Of(0, "after") + Of(1, "after")) / 2, table["acc"]!.GetValue<double>(), 1e-12);
        Assert.Equal(Of(0, "after") - Of(0, "before"), table["bwt"]!.GetValue<double>(), 1e-12);
        Assert.Equal(Of(0, "before") - Of(0, "after"), table["fm"]!.GetValue<double>(), 1e-12);
        Assert.Equal(table["perplexity_ratio"]!.GetValue<double>(), Assert.Single(metrics.Events, e => e.Name == "forgetting").Values["perplexity_ratio"]);
    }

    // Virtual tokens disturb what the base knows before the first step; forgetting is counted from the base itself.
    [Theory]
    [InlineData("tuning.method=prompt")]
    [InlineData("tuning.method=prefix")]
    [InlineData("tuning.method=p_tuning")]
    public void Run_LearnedPrompt_CountsForgettingFromTheBase(string method)
    {
        Run("plain", "whole", new MemoryMetrics(), "max_steps=1 regularisation.general=GENERAL regularisation.general_rows=10");
        Run("plain", "prompted", new MemoryMetrics(), $"max_steps=1 {method} regularisation.general=GENERAL regularisation.general_rows=10");
        double Of(string run, string key) => Record(run)["forgetting"]![key]!.GetValue<double>();
        Assert.Equal(Of("whole", "perplexity_before"), Of("prompted", "perplexity_before"), 1e-6);
        Assert.NotEqual(Of("prompted", "perplexity_before"), Of("prompted", "perplexity_after"), 1e-3);
    }

    [Theory]
    [InlineData("linear")]
    [InlineData("slerp")]
    [InlineData("linear tuning.method=lora tuning.rank=4")]
    public void Run_AveragedAtZero_IsTheStartingModel(string method)
    {
        Run("plain", "zero", new MemoryMetrics(), $"regularisation.average={method} regularisation.average_alpha=0 regularisation.general=GENERAL regularisation.general_rows=8");
        var general = Record("zero")["forgetting"]!["tasks"]![0]!;
        Assert.Equal(general["perplexity_before"]!.GetValue<double>(), general["perplexity_after"]!.GetValue<double>(), 1e-3);
    }

    [Theory]
    [InlineData("regularisation.kl_base_weight=1", "kl_base_data")]
    [InlineData("regularisation.kl_base_direction=js", "no effect without kl_base_weight")]
    [InlineData("regularisation.replay_share=0.1", "replay_data")]
    [InlineData("schedule=linear schedule_options.power=2", "needs schedule: polynomial")]
    [InlineData("evaluation.patience=3", "needs data")]
    [InlineData("loss=dft regularisation.label_smoothing=0.1", "label smoothing")]
    public void Bind_Contradiction_IsRefusedByName(string settings, string expected) =>
        Assert.Contains(expected, Assert.Throws<OptionsException>(() => Options(settings)).Message, StringComparison.Ordinal);

    private TrainingResult Run(string kind, string name, IMetricsSink metrics, string more = "")
    {
        var options = Options($"max_steps=8 learning_rate=2e-3 {more} {Settings[kind]}");
        return SftRecipe.Run(options, SftReader.Read(options.Data), TrainingFolders.In(Path.Combine(folder, name)), metrics, CancellationToken.None);
    }

    private SftOptions Options(string settings)
    {
        var keys = new JsonObject { ["model"] = model, ["data"] = rowsFile, ["batch_size"] = 4, ["save_every"] = 3, ["threads"] = 1, ["seed"] = 1, ["max_length"] = 64 };
        foreach (var pair in settings.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(s => s.Split('=', 2)))
        {
            var value = pair[1].Replace("GENERAL", general, StringComparison.Ordinal).Replace("HELD", heldOut, StringComparison.Ordinal);
            keys[pair[0]] = value.StartsWith('[') ? new JsonArray([.. value[1..^1].Split(',').Select(v => (JsonNode)JsonValue.Create(v))]) : value;
        }

        if (keys["max_steps"]?.GetValue<string>() == "0")
        {
            keys.Remove("max_steps");
        }

        return OptionBinder.Bind<SftOptions>(keys);
    }

    private JsonObject Record(string name) => JsonNode.Parse(File.ReadAllText(Path.Combine(folder, name, TrainingRecord.FileName)))!.AsObject();
}

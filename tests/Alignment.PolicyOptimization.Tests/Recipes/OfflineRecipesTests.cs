using System.Text.Json.Nodes;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Native;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Methods;
using Alignment.PolicyOptimization.Recipes;

namespace Alignment.PolicyOptimization.Tests.Recipes;

public sealed class OfflineRecipesTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("offline").FullName;

    public OfflineRecipesTests() => TorchRuntime.EnsureLoaded();

    public static TheoryData<string> Methods => ["kto", "kto apo_zero_unpaired", "bco", "bco udm", "cpo", "cpo hinge", "simpo", "alphapo", "orpo", "orpo chosen_rows"];

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [MemberData(nameof(Methods))]
    public void Train_KilledAndResumed_EqualsTheUninterruptedRun(string method)
    {
        var straight = OfflineRun.Of(Options(method, 10), Path.Combine(folder, "straight"), new MemoryMetrics());
        Assert.Throws<IOException>(() => OfflineRun.Of(Options(method, 10), Path.Combine(folder, "killed"), new FailAt(7)));
        Assert.Equal(straight, OfflineRun.Of(Options(method, 10), Path.Combine(folder, "killed"), new MemoryMetrics()));
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Train_LearnableRows_MarginsRise(string method)
    {
        var metrics = new MemoryMetrics();
        OfflineRun.Of(Options(method, 30), Path.Combine(folder, "learn"), metrics);
        var margins = metrics.Curve("rewards/margins");
        Assert.True(margins[^1].Value > margins[0].Value + 0.01, $"{margins[0].Value} … {margins[^1].Value}");
    }

    // trainers.md §3: with policy = reference the first loss is known.
    [Theory]
    [InlineData("kto", 0.5)]
    [InlineData("kto apo_zero_unpaired", 0.5)]
    [InlineData("bco", 0.693147)]
    public void Train_FirstStep_HasTheKnownLoss(string method, double expected)
    {
        var metrics = new MemoryMetrics();
        OfflineRun.Of(Options(method, 1), Path.Combine(folder, "first"), metrics);
        Assert.Equal(expected, metrics.Steps[0].Values["loss"], 1e-5);
    }

    [Fact]
    public void Train_BcoRunningMean_IsInTheState()
    {
        var metrics = new MemoryMetrics();
        OfflineRun.Of(Options("bco", 8), Path.Combine(folder, "delta"), metrics);
        Assert.NotEqual(0, metrics.Curve("delta")[^1].Value);
        using var state = ModelCore.Checkpointing.TrainingState.Find(TrainingFolders.In(Path.Combine(folder, "delta")).State)!;
        Assert.Equal(metrics.Curve("delta")[^1].Value, state.ReadAll("bco.")["delta"].ToDoubles()[0]);
    }

    [Fact]
    public void Join_FileOrder_TakesTheRowBeforeInsideTheBatch()
    {
        var rows = TinyPolicy.Labelled();
        var joined = KtoExample.Join(rows, new KtoRecipeOptions { Order = "sequential", BatchSize = 4 });
        Assert.Equal(rows[3].Completion, joined[0].Other);
        Assert.Equal(rows[0].Completion, joined[1].Other);
        Assert.Equal(rows[7].Completion, joined[4].Other);
    }

    [Fact]
    public void Join_Shuffled_NeverTakesAnAnswerToTheSamePrompt()
    {
        IReadOnlyList<LabelledCompletion> rows = [.. TinyPolicy.Pairs().SelectMany(p => new[] { new LabelledCompletion(p.Prompt, p.Chosen, true), new LabelledCompletion(p.Prompt, p.Rejected, false) })];
        var joined = KtoExample.Join(rows, new KtoRecipeOptions());
        Assert.All(joined, e => Assert.DoesNotContain(rows, r => ReferenceEquals(r.Completion, e.Other) && r.Prompt.SequenceEqual(e.Row.Prompt)));
    }

    [Fact]
    public void Fit_PromptsThatFillTheWindow_AreDroppedAndCounted()
    {
        var metrics = new MemoryMetrics();
        var kept = LabelledRows.Fit([new([1, 2, 3, 4], [5, 2], true), new([1, 2], [5, 6, 7, 2], false)], 4, metrics);
        Assert.Equal([5, 6], Assert.Single(kept).Completion);
        Assert.Equal(["rows_truncated", "rows_dropped"], metrics.Events.Select(e => e.Name));
        Assert.Throws<DataException>(() => LabelledRows.Fit([new([1, 2, 3, 4], [5, 2], true)], 4, metrics));
    }

    [Fact]
    public void Fit_Ties_AreDroppedAndCounted()
    {
        var metrics = new MemoryMetrics();
        Assert.Single(PairTruncation.Fit([new TokenPair([1], [5, 2], [6, 2]), new TokenPair([1], [7, 2], [8, 2]) { TieShare = 1 }], 8, metrics));
        Assert.Contains("ties", Assert.Single(metrics.Events).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, "1 2 3 4", "5 6", "8 9")]
    [InlineData(true, "2 3 4", "5 6 7", "8 9 2")]
    public void Fit_PairsBeyondTheWindow_LoseTheNamedEnd(bool keepEnd, string prompt, string chosen, string rejected)
    {
        var metrics = new MemoryMetrics();
        var kept = Assert.Single(PairTruncation.Fit([new TokenPair([1, 2, 3, 4], [5, 6, 7], [8, 9, 2]), new TokenPair([1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6], [7])], 6, metrics, keepEnd));
        Assert.Equal((prompt, chosen, rejected), (string.Join(' ', kept.Prompt), string.Join(' ', kept.Chosen), string.Join(' ', kept.Rejected)));
        Assert.Equal(["rows_truncated", "rows_dropped"], metrics.Events.Select(e => e.Name));
    }

    [Fact]
    public void RunningDelta_TwoBatches_WeighsEachOnce()
    {
        using var scope = TorchSharp.torch.NewDisposeScope();
        using var delta = new RunningDelta();
        ModelCore.Losses.DpoInputs Pair(params double[] v) => new(TorchSharp.torch.tensor(v[..1]), TorchSharp.torch.tensor(v[1..2]), TorchSharp.torch.tensor(v[2..3]), TorchSharp.torch.tensor(v[3..4]));
        Assert.Equal(0.1 * (3 - 1) / 2, delta.Add(Pair(-1, -5, -4, -4), 0.1), 1e-12);
        Assert.Equal((0.1 + 0.4) / 2, delta.Add(Pair(0, 0, -6, -2), 0.1), 1e-12);
        Assert.Equal(0.25, delta.Add(Pair(double.NaN, 0, 0, 0), 0.1), 1e-12);
    }

    [Fact]
    public void NeedBothLabels_OneKind_SaysWhatToDo()
    {
        var e = Assert.Throws<DataException>(() => LabelledRows.NeedBothLabels([new([1], [5, 2], true), new([1], [6, 2], true)], "KTO"));
        Assert.Contains("label", e.Message, StringComparison.Ordinal);
        Assert.Contains("align train sft", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kto", """{"batch_size": 1}""", "batch_size must be at least 2")]
    [InlineData("kto", """{"reference_from": "adapter_off"}""", "adapter_off needs an adapter")]
    [InlineData("bco", """{"udm_min_ratio": 0.1}""", "udm_min_ratio needs udm: true")]
    [InlineData("cpo", """{"simpo_gamma": 1}""", "simpo_gamma needs loss: simpo")]
    [InlineData("cpo", """{"loss": "hinge", "label_smoothing": 0.1}""", "no effect on hinge")]
    [InlineData("orpo", """{"logits_over": "every_position"}""", "pair_layout: separate")]
    public void Options_Contradictory_AreRefused(string method, string keys, string expected)
    {
        var e = Assert.Throws<OptionsException>(() => Prepare(method, JsonNode.Parse(keys)!.AsObject()));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    private static void Prepare(string method, JsonObject keys) => PolicyMethods.Find(method)!.Prepare(keys);

    private static TrainingOptions Options(string method, int steps)
    {
        var keys = new JsonObject
        {
            ["max_steps"] = steps, ["batch_size"] = 4, ["learning_rate"] = 2e-3, ["order"] = "sequential", ["save_every"] = 4, ["threads"] = 1,
        };
        var words = method.Split(' ');
        switch (words)
        {
            case ["alphapo"]:
                keys["alpha"] = 0.25;
                break;
            case ["bco", "udm"]:
                keys["udm"] = true;
                break;
            case ["orpo", var over]:
                keys["nll_over"] = over;
                break;
            case [_, var loss]:
                keys["loss"] = loss;
                break;
        }

        return words[0] switch
        {
            "kto" => OptionBinder.Bind<KtoRecipeOptions>(keys),
            "bco" => OptionBinder.Bind<BcoRecipeOptions>(keys),
            "orpo" => OptionBinder.Bind<OrpoRecipeOptions>(keys),
            "simpo" or "alphapo" => OptionBinder.Bind<SimpoRecipeOptions>(keys),
            _ => OptionBinder.Bind<CpoRecipeOptions>(keys),
        };
    }
}

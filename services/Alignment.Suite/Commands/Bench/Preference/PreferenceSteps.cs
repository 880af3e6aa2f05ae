using Alignment.ModelCore.Data;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Recipes;
using Alignment.SupervisedFineTuning.Recipes;
using static TorchSharp.torch;

namespace Alignment.Suite.Commands.Bench.Preference;

/// <summary>
/// Times steps of the recipes themselves, optimiser included. What is compared takes turns round by round, and each side's fastest step
/// counts, so that a busy machine slows both or neither.
/// </summary>
internal sealed class PreferenceSteps(BenchSize size) : IDisposable
{
    private const int StepsPerRound = 4;
    private readonly string folder = Directory.CreateTempSubdirectory("bench-preference").FullName;
    private int runs;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    public IEnumerable<BenchLine> Measure(CancellationToken cancellation)
    {
        yield return Flops(cancellation);
        yield return Shared("shared_prompt_saving", 0.5, cancellation);
        yield return Shared("shared_prompt_saving_equal_lengths", 0, cancellation);
        yield return Precomputed("precomputed_reference_saving", "lora", "adapter_off", cancellation);
        yield return Precomputed("precomputed_reference_saving_full", "full", "model", cancellation);
    }

    /// <summary>Seconds a FLOP of a DPO step over those of an SFT step on rows of the same length.</summary>
    private BenchLine Flops(CancellationToken cancellation)
    {
        var pairs = BenchModel.Pairs(size, size.Pairs, size.Prompt, size.Answer, 0);
        IReadOnlyList<TokenRow> rows = [.. pairs.Select(p => p.ChosenRow), .. pairs.Select(p => p.RejectedRow)];
        var (sft, dpo) = Race(() => Sft(rows, cancellation), () => Dpo(pairs, "shared", "precomputed", cancellation));
        double necessary = BenchModel.Flops(size, pairs), supervised = BenchModel.Flops(size, rows);
        var ratio = dpo / necessary / (sft / supervised);
        return new("dpo_step_over_necessary_flops", ratio, "≤ 1.15", ratio <= 1.15, new Dictionary<string, double>
        {
            ["dpo_seconds"] = dpo, ["sft_seconds"] = sft, ["dpo_gflops"] = necessary / 1e9, ["sft_gflops"] = supervised / 1e9, ["sft_gflops_per_second"] = supervised / sft / 1e9,
        });
    }

    /// <summary>
    /// What computing the prompt once saves, where the prompt is half of each sequence. With answers of one length the tokens saved are a
    /// quarter, so that the time saved stays below; where lengths differ, as they do in data, the padding of separate rows is saved too.
    /// </summary>
    private BenchLine Shared(string name, double spread, CancellationToken cancellation)
    {
        var pairs = BenchModel.Pairs(size, size.Pairs, size.Prompt, size.Answer, spread);
        var (separate, shared) = Race(() => Dpo(pairs, "separate", "precomputed", cancellation), () => Dpo(pairs, "shared", "precomputed", cancellation));
        return new(name, 1 - (shared / separate), spread > 0 ? "≥ 0.25" : "", spread == 0 || shared <= 0.75 * separate, new Dictionary<string, double> { ["shared_seconds"] = shared, ["separate_seconds"] = separate });
    }

    /// <summary>
    /// What a reference computed beforehand saves against asking it at every step: with LoRA, where the policy itself with its adapter off answers
    /// for it, as most owners tune; and with full training and a second model. There a forward pass is one of four equal parts of the step's
    /// FLOPs, optimiser aside, so that a quarter cannot be passed.
    /// </summary>
    private BenchLine Precomputed(string name, string method, string from, CancellationToken cancellation)
    {
        var pairs = BenchModel.Pairs(size, size.Pairs, size.Prompt, size.Answer, 0);
        var (live, precomputed) = Race(() => Dpo(pairs, "shared", from, cancellation, method), () => Dpo(pairs, "shared", "precomputed", cancellation, method));
        return new(name, 1 - (precomputed / live), method == "lora" ? "≥ 0.25" : "", method != "lora" || precomputed <= 0.75 * live,
            new Dictionary<string, double> { ["precomputed_seconds"] = precomputed, ["asked_seconds"] = live });
    }

    private (double A, double B) Race(Func<double> a, Func<double> b)
    {
        double bestA = double.MaxValue, bestB = double.MaxValue;
        for (var round = 0; round < size.Rounds; round++)
        {
            bestA = Math.Min(bestA, a());
            bestB = Math.Min(bestB, b());
        }

        return (bestA, bestB);
    }

    private double Sft(IReadOnlyList<TokenRow> rows, CancellationToken cancellation)
    {
        var options = new SftOptions { MaxSteps = StepsPerRound, BatchSize = rows.Count, LearningRate = 1e-6, Order = "sequential", SaveEvery = 0, LogEvery = 1000 };
        using var tuned = TunedModel.Causal(BenchModel.Create(size), options);
        return Time(tuned, options, rows.Select(r => r.Ids.Length), run => SftRecipe.Train(tuned.Model, rows, options, run, 0, cancellation));
    }

    private double Dpo(IReadOnlyList<TokenPair> pairs, string layout, string from, CancellationToken cancellation, string method = "full")
    {
        var options = new DpoRecipeOptions
        {
            MaxSteps = StepsPerRound, BatchSize = pairs.Count, LearningRate = 1e-6, Order = "sequential", SaveEvery = 0, LogEvery = 1000, PairLayout = layout, ReferenceFrom = from,
            ReferenceCache = from == "precomputed" ? folder : "", Tuning = new() { Method = method },
        };
        using var tuned = TunedModel.Causal(BenchModel.Create(size), options);
        var task = DpoRecipe.Task(options, pairs, 0);
        using var reference = from == "model" ? Reference.Live(BenchModel.Create(size), task) : Reference.Create(options, tuned, "bench", task, TrainingFolders.In(folder), new StepClock());
        return Time(tuned, options, pairs.Select(p => p.Length), run => DpoRecipe.Train(tuned.Model, reference, pairs, options, run, 0, cancellation));
    }

    private double Time(TunedModel<CausalModel> tuned, TrainingOptions options, IEnumerable<int> lengths, Action<TrainingRun> train)
    {
        using var scope = NewDisposeScope();
        var clock = new StepClock();
        using var run = TrainingRun.Start(options, new(tuned.Trainable, options.Plan(lengths), "data", "model"), TrainingFolders.In(Path.Combine(folder, $"{runs++}")), clock);
        train(run);
        return clock.Seconds;
    }
}

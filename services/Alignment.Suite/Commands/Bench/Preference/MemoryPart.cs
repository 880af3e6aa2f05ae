using System.Diagnostics;
using System.Globalization;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Recipes;
using Alignment.SupervisedFineTuning.Recipes;
using static TorchSharp.torch;

namespace Alignment.Suite.Commands.Bench.Preference;

/// <summary>Peak memory of LoRA runs, each in a process of its own, because a process remembers only its highest.</summary>
internal static class MemoryPart
{
    /// <summary>Peak bytes of DPO with LoRA over those of SFT with LoRA on rows of the same length.</summary>
    public static BenchLine Ratio(bool quick)
    {
        var (sft, dpo) = (InOwnProcess("lora-sft", quick), InOwnProcess("lora-dpo", quick));
        return new("lora_dpo_over_lora_sft_memory", dpo / sft, "≤ 1.3", dpo <= 1.3 * sft, new Dictionary<string, double> { ["dpo_bytes"] = dpo, ["sft_bytes"] = sft });
    }

    /// <summary>Trains a few steps and returns this process's peak resident bytes.</summary>
    public static long Run(string part, BenchSize size)
    {
        var folder = Directory.CreateTempSubdirectory("bench-memory").FullName;
        try
        {
            using var scope = NewDisposeScope();
            var folders = TrainingFolders.In(folder);
            var pairs = BenchModel.Pairs(size, size.Pairs, size.Prompt, size.Answer, 0);
            if (part == "lora-dpo")
            {
                Dpo(pairs, size, folders);
            }
            else
            {
                Sft([.. pairs.Select(p => p.ChosenRow), .. pairs.Select(p => p.RejectedRow)], size, folders);
            }

            return RunMeters.PeakRss();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Dpo(IReadOnlyList<TokenPair> pairs, BenchSize size, TrainingFolders folders)
    {
        var options = new DpoRecipeOptions { MaxSteps = 3, BatchSize = pairs.Count, Order = "sequential", SaveEvery = 0, Tuning = new() { Method = "lora" } };
        using var tuned = TunedModel.Causal(BenchModel.Create(size), options);
        using var reference = Reference.Create(options, tuned, "bench", DpoRecipe.Task(options, pairs, 0), folders, new StepClock());
        using var run = TrainingRun.Start(options, new(tuned.Trainable, options.Plan(pairs.Select(p => p.Length)), "data", "model"), folders, new StepClock());
        DpoRecipe.Train(tuned.Model, reference, pairs, options, run, 0, CancellationToken.None);
    }

    private static void Sft(IReadOnlyList<TokenRow> rows, BenchSize size, TrainingFolders folders)
    {
        var options = new SftOptions { MaxSteps = 3, BatchSize = rows.Count, Order = "sequential", SaveEvery = 0, Tuning = new() { Method = "lora" } };
        using var tuned = TunedModel.Causal(BenchModel.Create(size), options);
        using var run = TrainingRun.Start(options, new(tuned.Trainable, options.Plan(rows.Select(r => r.Ids.Length)), "data", "model"), folders, new StepClock());
        SftRecipe.Train(tuned.Model, rows, options, run, 0, CancellationToken.None);
    }

    private static double InOwnProcess(string part, bool quick)
    {
        var self = Environment.ProcessPath ?? throw new InvalidOperationException("This process has no path to start again.");
        var start = new ProcessStartInfo(self) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(self) == "dotnet")
        {
            start.ArgumentList.Add(typeof(MemoryPart).Assembly.Location);
        }

        foreach (var argument in new[] { "bench", "preference", "--part", part }.Concat(quick ? ["--quick"] : []))
        {
            start.ArgumentList.Add(argument);
        }

        using var child = Process.Start(start)!;
        var text = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        return double.Parse(text.Trim().Split('\n')[^1], CultureInfo.InvariantCulture);
    }
}

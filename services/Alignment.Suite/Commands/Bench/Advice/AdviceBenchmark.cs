using System.Globalization;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training.Advice;
using Alignment.Suite.Commands.Advising;
using Alignment.Suite.Commands.Bench.Methods;
using Alignment.Suite.Commands.Bench.Peft;

namespace Alignment.Suite.Commands.Bench.Advice;

/// <summary>One run: what the advisor said of it, and what it took.</summary>
internal sealed record AdviceRow(string Run, double EstimatedMb, double MeasuredMb, double EstimatedSeconds, double MeasuredSeconds)
{
    public double MemoryError => (EstimatedMb / MeasuredMb) - 1;

    public double TimeError => (EstimatedSeconds / MeasuredSeconds) - 1;
}

/// <summary><c>align bench advice</c>: the advisor's estimates against whole runs in processes of their own, on the sample and on a larger random model.</summary>
internal sealed class AdviceBenchmark : IBenchmark
{
    private const double MemoryLimit = 0.15, TimeLimit = 0.3;

    public string Name => "advice";

    public string Help => "The advisor's estimates of memory and time against whole runs.";

    public int Run(BenchArguments arguments, CancellationToken cancellation)
    {
        var work = Path.Combine(Repository.Root, "artifacts", "bench", "advice");
        Directory.CreateDirectory(work);
        var small = Path.Combine(BenchPaths.Sample, "base");
        var mid = Path.Combine(work, "mid");
        using (var model = CausalModel.Create(Shapes.Llama(width: 512, mlp: 1408, layers: 8), 1))
        {
            CheckpointWriter.Save(model, mid, new() { CopyFilesFrom = small });
        }

        var rows = new List<AdviceRow>();
        foreach (var (folder, name, steps) in new[] { (small, "sample", arguments.Quick ? 40 : 300), (mid, "26 M", arguments.Quick ? 12 : 60) })
        {
            foreach (var (method, quantise, batch) in new[] { ("full", "none", 16), ("lora", "none", 8), ("lora", "nf4_double", 4) })
            {
                var settings = new AdvisedSettings(method, 16, quantise, "float32", batch, 16 / batch, 256, 1e-4);
                rows.Add(Compare($"{name}, {(quantise == "none" ? method : "lora over " + quantise)}, {batch}×{16 / batch}", new(folder, [Path.Combine(BenchPaths.Sample, "sft.jsonl")], 8L << 30, "sft", steps), settings, work, cancellation));
            }
        }

        Print(rows);
        BenchTable.WriteJson(arguments.Json, new { rows });
        return rows.TrueForAll(r => Math.Abs(r.MemoryError) <= MemoryLimit && Math.Abs(r.TimeError) <= TimeLimit) ? 0 : 1;
    }

    private static AdviceRow Compare(string name, AdviceRequest request, AdvisedSettings settings, string work, CancellationToken cancellation)
    {
        Console.Error.WriteLine(name);
        var advice = new Advisor((keys, budget) => TrialProcess.Run("sft", keys, budget)).Judge(request, settings);
        var job = Path.Combine(work, "job.yaml");
        File.WriteAllText(job, advice.JobYaml);
        var output = Path.Combine(work, "run");
        if (Directory.Exists(output))
        {
            Directory.Delete(output, recursive: true);
        }

        var cost = ChildProcess.Run(["train", "sft", "--config", job, "--out", output], cancellation);
        var row = new AdviceRow(name, advice.Memory.Total / 1048576.0, cost.PeakRssBytes / 1048576.0, advice.Time?.Total ?? double.NaN, cost.Seconds);
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {row.EstimatedMb:0} MB said, {row.MeasuredMb:0} taken; {row.EstimatedSeconds:0.0} s said, {row.MeasuredSeconds:0.0} taken"));
        return row;
    }

    private static void Print(List<AdviceRow> rows)
    {
        string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
        BenchTable.Print([["run", "MB said", "MB taken", "error", "s said", "s taken", "error"],
            .. rows.Select(r => (IReadOnlyList<string>)[r.Run, Text($"{r.EstimatedMb:0}"), Text($"{r.MeasuredMb:0}"), Text($"{r.MemoryError:+0 %;-0 %}"), Text($"{r.EstimatedSeconds:0.0}"), Text($"{r.MeasuredSeconds:0.0}"), Text($"{r.TimeError:+0 %;-0 %}")])]);
        Console.WriteLine(Text($"allowed: memory within {MemoryLimit:0 %}, time within {TimeLimit:0 %}"));
    }
}

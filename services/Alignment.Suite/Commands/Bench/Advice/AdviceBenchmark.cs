using System.CommandLine;
using System.Globalization;
using Alignment.ModelCore.Training.Advice;
using Alignment.Suite.Commands.Advising;
using Alignment.Suite.Commands.Bench.Methods;

namespace Alignment.Suite.Commands.Bench.Advice;

/// <summary>
/// <c>align bench advice</c>: the advisor's estimates against whole runs in processes of their own. The promise is the clock's; CPU seconds stand
/// beside it, for they are the same on a machine that is busy. A row whose work was as said and whose clock was not is repeated.
/// </summary>
internal sealed class AdviceBenchmark : IBenchmark
{
    private readonly Option<string?> only = new("--only") { Description = "Only runs whose name contains this, such as dpo or 26 M." };
    private readonly Option<int> attempts = new("--attempts") { Description = "How often a run is made whose CPU seconds hold and whose clock does not.", DefaultValueFactory = _ => 3 };

    public string Name => "advice";

    public string Help => "The advisor's estimates of memory and time against whole runs.";

    public IEnumerable<Option> Options => [only, attempts];

    public int Run(BenchArguments arguments, CancellationToken cancellation)
    {
        var work = Directory.CreateDirectory(Path.Combine(Repository.Root, "artifacts", "bench", "advice")).FullName;
        var rows = new List<AdviceRow>();
        var part = arguments.Parsed.GetValue(only) ?? "";
        foreach (var run in AdviceCase.All(work, arguments.Quick).Where(c => c.Name.Contains(part, StringComparison.OrdinalIgnoreCase)))
        {
            rows.Add(Compare(run, work, arguments.Parsed.GetValue(attempts), cancellation));
            BenchTable.WriteJson(arguments.Json, new { rows });
        }

        Print(rows);
        return rows.TrueForAll(r => r.Holds) ? 0 : 1;
    }

    private static AdviceRow Compare(AdviceCase run, string work, int most, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            Console.Error.WriteLine(run.Name);
            var row = Once(run, work, cancellation);
            Console.Error.WriteLine(Text($"  {row.EstimatedMb:0} MB said, {row.MeasuredMb:0} taken; {row.EstimatedSeconds:0.0} s said, {row.MeasuredSeconds:0.0} taken; {row.EstimatedCpuSeconds:0.0} CPU s said, {row.MeasuredCpuSeconds:0.0} taken"));
            if (!row.Disturbed || attempt >= most)
            {
                return row;
            }

            Console.Error.WriteLine("  the CPU seconds hold and the clock's do not: other programs were busy; once more");
        }
    }

    private static AdviceRow Once(AdviceCase run, string work, CancellationToken cancellation)
    {
        var advice = new Advisor((keys, budget) => TrialProcess.Run(run.Goal, keys, budget)).Judge(run.Request, run.Settings);
        var job = Path.Combine(work, "job.yaml");
        File.WriteAllText(job, advice.JobYaml);
        var output = Path.Combine(work, "run");
        if (Directory.Exists(output))
        {
            Directory.Delete(output, recursive: true);
        }

        var cost = ChildProcess.Run(["train", run.Goal, "--config", job, "--out", output], cancellation);
        var time = advice.Time ?? new(double.NaN, double.NaN, double.NaN, double.NaN, double.NaN);
        return new(run.Name, advice.Memory.Total / 1048576.0, cost.PeakRssBytes / 1048576.0, time.Total, cost.Seconds, time.Cpu, cost.CpuSeconds);
    }

    private static void Print(List<AdviceRow> rows)
    {
        BenchTable.Print([["run", "MB said", "MB taken", "error", "s said", "s taken", "error", "CPU s said", "CPU s taken", "error"],
            .. rows.Select(r => (IReadOnlyList<string>)[r.Run, Text($"{r.EstimatedMb:0}"), Text($"{r.MeasuredMb:0}"), Text($"{r.MemoryError:+0 %;-0 %}"), Text($"{r.EstimatedSeconds:0.0}"), Text($"{r.MeasuredSeconds:0.0}"), Text($"{r.TimeError:+0 %;-0 %}"),
                Text($"{r.EstimatedCpuSeconds:0.0}"), Text($"{r.MeasuredCpuSeconds:0.0}"), Text($"{r.CpuError:+0 %;-0 %}")])]);
        Console.WriteLine($"{AdviceRow.Limits}; {rows.Count(r => r.Holds)} of {rows.Count} hold{(rows.Exists(r => r.Disturbed) ? "; where only the clock is off, other programs were busy" : "")}");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

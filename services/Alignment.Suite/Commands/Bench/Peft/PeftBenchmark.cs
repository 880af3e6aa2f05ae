using System.CommandLine;
using System.Globalization;

namespace Alignment.Suite.Commands.Bench.Peft;

/// <summary><c>align bench peft</c>: every tuning method on the help desk sample, each in a process of its own.</summary>
internal sealed class PeftBenchmark : IBenchmark
{
    private readonly Option<string?> only = new("--methods") { Description = $"Only these, separated by commas." };
    private readonly Option<string?> work = new("--work") { Description = "Folder for what is made; the starting point in it is used again." };

    public string Name => "peft";

    public string Help => "Every tuning method on the sample: trainable parameters, memory, time, held-out accuracy, forgetting.";

    public IEnumerable<Option> Options => [only, work];

    public int Run(BenchArguments arguments, CancellationToken cancellation)
    {
        var chosen = arguments.Parsed.GetValue(only)?.Split(',', StringSplitOptions.TrimEntries);
        if (chosen?.FirstOrDefault(n => !PeftTable.Methods.Contains(n, StringComparer.Ordinal)) is { } unknown)
        {
            Console.Error.WriteLine($"align bench peft: there is no '{unknown}'; there are {string.Join(", ", PeftTable.Methods)}.");
            return ExitCode.Usage;
        }

        try
        {
            var task = new PeftTask(Path.GetFullPath(arguments.Parsed.GetValue(work) ?? Path.Combine(Repository.Root, "artifacts", "bench", arguments.Quick ? "peft-quick" : "peft")), arguments.Quick);
            task.Make(Say, cancellation);
            var numbers = new Dictionary<string, object>(StringComparer.Ordinal);
            var passed = true;
            foreach (var section in Sections())
            {
                var (own, good) = section.Measure(task, chosen, Say, cancellation);
                (numbers[section.Name], passed) = (own, passed && good);
                BenchTable.WriteJson(arguments.Json, numbers);
            }

            return passed ? 0 : 1;
        }
        catch (InvalidOperationException e)
        {
            Console.Error.WriteLine($"align bench peft: {e.Message}");
            return ExitCode.Fault;
        }
    }

    private static IEnumerable<IPeftMeasurement> Sections() => typeof(IPeftMeasurement).Assembly.GetTypes()
        .Where(t => t is { IsClass: true, IsAbstract: false } && typeof(IPeftMeasurement).IsAssignableFrom(t))
        .Select(t => (IPeftMeasurement)Activator.CreateInstance(t)!).OrderBy(s => s.Order);

    private static void Say(string what) => Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{DateTime.Now:HH:mm:ss} {what}"));
}

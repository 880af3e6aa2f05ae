using System.Globalization;
using System.Text.Json.Nodes;
using Alignment.Suite.Commands.Bench.Methods;

namespace Alignment.Suite.Commands.Bench.Peft;

/// <summary>
/// Every tuning method on the same task: <c>samples/helpdesk/peft/NAME.yaml</c> holds what is particular to it. A method is listed when it has
/// such a file.
/// </summary>
internal sealed class PeftTable : IPeftMeasurement
{
    private static string Settings { get; } = Path.Combine(BenchPaths.Sample, "peft");

    public string Name => "methods";

    public int Order => 0;

    public static IReadOnlyList<string> Methods => [.. Directory.GetFiles(Settings, "*.yaml").Select(f => Path.GetFileNameWithoutExtension(f)!).OrderBy(n => n == "full" ? 0 : n == "freeze" ? 1 : 2).ThenBy(n => n, StringComparer.Ordinal)];

    public (object Numbers, bool Passed) Measure(PeftTask task, IReadOnlyList<string>? only, Action<string> say, CancellationToken cancellation)
    {
        var before = GoodAnswers.Of(task.Start, task.Questions, cancellation);
        var rows = new List<PeftRow>();
        foreach (var method in Methods.Where(m => only is null || only.Contains(m, StringComparer.Ordinal)))
        {
            say(method);
            rows.Add(Row(task, method, cancellation));
        }

        Print(rows, before);
        return (new { target = PeftTask.Target, start = before, steps = task.Steps, rows }, task.Quick || rows.TrueForAll(r => r.ReachesTarget));
    }

    private static PeftRow Row(PeftTask task, string method, CancellationToken cancellation)
    {
        var output = Path.Combine(task.Work, "runs", method);
        if (Directory.Exists(output))
        {
            Directory.Delete(output, recursive: true);
        }

        // A method that learns slowly may ask for more steps in its file.
        var file = Path.Combine(Settings, method + ".yaml");
        string[] steps = !task.Quick && File.ReadAllText(file).Contains("max_steps:", StringComparison.Ordinal) ? [] : [$"max_steps={task.Steps}"];
        var cost = PeftTask.Train(output, cancellation, [$"model={task.Start}", $"data={task.Good}", .. steps, .. task.Common], file);
        var record = JsonNode.Parse(File.ReadAllText(Path.Combine(output, "training.json")))!;
        var answers = GoodAnswers.Of(output, task.Questions, cancellation);
        return new(method, record["trainable_parameters"]!.GetValue<long>(), record["steps"]!.GetValue<int>(), cost.PeakRssBytes, cost.Seconds, Speed(output), answers.Manner, answers.Manner >= PeftTask.Target, answers.Facts,
            record["forgetting"]!["bwt"]!.GetValue<double>(), record["forgetting"]!["perplexity_ratio"]!.GetValue<double>());
    }

    private static void Print(List<PeftRow> rows, GoodAnswers before)
    {
        string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
        BenchTable.Print([["method", "trainable", "steps", "peak MB", "seconds", "tokens/s", "accuracy", "target", "facts", "BWT", "perplexity"],
            .. rows.Select(r => (IReadOnlyList<string>)[r.Method, Text($"{r.TrainableParameters:N0}"), Text($"{r.Steps}"), Text($"{r.PeakRssBytes / 1048576.0:0}"), Text($"{r.Seconds:0.0}"), Text($"{r.TokensPerSecond:0}"),
                Text($"{r.Accuracy:0.000}"), r.ReachesTarget ? "yes" : "no", Text($"{r.Facts:0.000}"), Text($"{r.Bwt:+0.000;-0.000}"), Text($"×{r.PerplexityRatio:0.00}")])]);
        Console.WriteLine(Text($"accuracy: share of answers to held-out questions in the good manner; before {before.Manner:0.000}, target {PeftTask.Target:0.00}."));
        Console.WriteLine(Text($"facts: mean mark for the right section and button; before {before.Facts:0.000}. BWT, perplexity: token accuracy and perplexity on everyday sentences, after against before."));
    }

    /// <summary>Median over the run's steps, so that a busy moment does not decide.</summary>
    private static double Speed(string output)
    {
        var all = Steps(output).Select(s => s["tokens_per_second"]!.GetValue<double>()).Order().ToList();
        return all[all.Count / 2];
    }

    private static List<JsonObject> Steps(string output) => [.. File.ReadLines(Path.Combine(output, "metrics.jsonl")).Select(l => JsonNode.Parse(l)!.AsObject()).Where(o => !o.ContainsKey("event"))];
}

using System.Text.Json.Nodes;
using Alignment.Suite.Commands.Bench.Methods;

namespace Alignment.Suite.Commands.Bench.Peft;

/// <summary>
/// The task that every tuning method gets: a model that knows the help desk's archive but not its good answers learns those from the rows of
/// 66 intents, and is asked about ten intents that no training file mentions. Everyday sentences tell what it forgets meanwhile.
/// </summary>
/// <param name="Work">Folder of everything that is made; the starting point in it is used again.</param>
internal sealed record PeftTask(string Work, bool Quick)
{
    /// <summary>Share of held-out answer tokens that the tuned model must rank first; the starting point has about 0.59.</summary>
    public const double Target = 0.85;

    private const int HeldOutEvery = 8;

    public string Start => Path.Combine(Work, "start");

    public int Steps => Quick ? 30 : 120;

    public static string General => Path.Combine(BenchPaths.Sample, "general.jsonl");

    public string Good => Path.Combine(Work, "good.jsonl");

    public string HeldOut => Path.Combine(Work, "heldout.jsonl");

    /// <summary>Settings that all runs share.</summary>
    public IReadOnlyList<string> Common =>
        ["threads=1", "seed=1", "max_length=128", "batch_size=16", "schedule=cosine", "save_every=0", "log_every=1000000", $"evaluation.data={HeldOut}", "evaluation.every=1000000",
            "evaluation.metric=eval_token_accuracy", $"regularisation.general={General}", "regularisation.general_rows=60"];

    /// <summary>Splits the archive and trains the starting point, where that is not there yet.</summary>
    public void Make(Action<string> say, CancellationToken cancellation)
    {
        var mark = Path.Combine(Work, "made");
        var key = $"2 {Quick} {new FileInfo(Path.Combine(BenchPaths.Sample, "sft.jsonl")).Length}";
        if (File.Exists(mark) && File.ReadAllText(mark) == key)
        {
            return;
        }

        if (Directory.Exists(Work))
        {
            Directory.Delete(Work, recursive: true);
        }

        Directory.CreateDirectory(Work);
        var rows = File.ReadLines(Path.Combine(BenchPaths.Sample, "sft.jsonl")).Select(l => (Line: l, Row: JsonNode.Parse(l)!)).Select(x => (x.Line, Style: Of(x.Row, "style"), Intent: Of(x.Row, "intent"))).ToList();
        var held = rows.Where(r => r.Style == "good").Select(r => r.Intent).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Where((_, i) => i % HeldOutEvery == 0).ToHashSet(StringComparer.Ordinal);
        void Write(string file, Func<(string Line, string Style, string Intent), bool> which) => File.WriteAllLines(file, rows.Where(which).Select(r => r.Line));
        Write(HeldOut, r => r.Style == "good" && held.Contains(r.Intent));
        Write(Good, r => r.Style == "good" && !held.Contains(r.Intent));
        var archive = Path.Combine(Work, "archive.jsonl");
        Write(archive, r => r.Style != "good" && !held.Contains(r.Intent));
        say("starting point: the sample's base model learns the archive without its good answers");
        Train(Start, cancellation, [$"model={Path.Combine(BenchPaths.Sample, "base")}", $"data={archive}", "learning_rate=0.002", $"max_steps={(Quick ? 60 : 150)}", .. Common]);
        File.WriteAllText(mark, key);
    }

    /// <summary>Trains in a process of its own.</summary>
    public static ChildCost Train(string output, CancellationToken cancellation, IEnumerable<string> settings, string? config = null) =>
        ChildProcess.Run(["train", "sft", .. settings.SelectMany(s => new[] { "--set", s }), .. config is null ? Array.Empty<string>() : ["--config", config], "--out", output], cancellation);

    private static string Of(JsonNode row, string key) => row[key]?.GetValue<string>() ?? "";
}

using System.Text.Json.Nodes;
using Alignment.Suite.Commands.Bench.Methods;

namespace Alignment.Suite.Commands.Bench.Peft;

/// <summary>
/// The task that every tuning method gets. The starting point learned the help desk's whole archive, a third of it good answers, the rest curt,
/// rude, wordy, leaky, over-promising or useless; from the good ones alone it must learn to answer in no other manner. It is asked about actions
/// and things that no training file joins, and everyday sentences tell what it forgets meanwhile.
/// <para>
/// Two of three tickets of the archive say their manner in a system message, as instruction-tuned models know it; the good ones that are
/// learned from and the questions asked never do. Learned prompts steer what a model already takes from its context and can hardly teach it to
/// (Lester et al. 2021, §3.1: they fall behind other methods on small models). A model of this size that never saw a manner named takes none
/// from it: there prompt tuning came to 0.85 after 400 steps of 64 tokens and P-tuning stayed near the start, with the same target and data.
/// </para>
/// </summary>
/// <param name="Work">Folder of everything that is made; the starting point in it is used again.</param>
internal sealed record PeftTask(string Work, bool Quick)
{
    /// <summary>Share of answers in the good manner that a tuned model must reach; the starting point answers in all manners of the archive.</summary>
    public const double Target = 0.85;

    public string Start => Path.Combine(Work, "start");

    public int Steps => Quick ? 20 : 120;

    public int Questions => Quick ? 40 : 150;

    public static string General => Path.Combine(BenchPaths.Sample, "general.jsonl");

    public string Good => Path.Combine(Work, "good.jsonl");

    /// <summary>What the starting point learns.</summary>
    public string Archive => Path.Combine(Work, "archive.jsonl");

    /// <summary>Settings that all runs share.</summary>
    public IReadOnlyList<string> Common =>
        ["threads=1", "seed=1", "max_length=128", "batch_size=16", "schedule=cosine", "warmup_steps=5", "save_every=0", "log_every=1000000", $"regularisation.general={General}", "regularisation.general_rows=60"];

    /// <summary>Picks the good answers and trains the starting point, where that is not there yet.</summary>
    public void Make(Action<string> say, CancellationToken cancellation)
    {
        var archive = Path.Combine(BenchPaths.Sample, "sft.jsonl");
        var mark = Path.Combine(Work, "made");
        var key = $"4 {Quick} {new FileInfo(archive).Length}";
        if (File.Exists(mark) && File.ReadAllText(mark) == key)
        {
            return;
        }

        if (Directory.Exists(Work))
        {
            Directory.Delete(Work, recursive: true);
        }

        Directory.CreateDirectory(Work);
        File.WriteAllLines(Good, File.ReadLines(archive).Where(l => Manner(JsonNode.Parse(l)!) == "good"));
        File.WriteAllLines(Archive, File.ReadLines(archive).Select((line, i) => i % 3 == 0 ? line : WithNote(line)));
        say("starting point: the sample's base model learns the archive");
        Train(Start, cancellation, [$"model={Path.Combine(BenchPaths.Sample, "base")}", $"data={Archive}", "learning_rate=0.003", $"max_steps={(Quick ? 80 : 600)}", .. Common]);
        File.WriteAllText(mark, key);
    }

    private static string? Manner(JsonNode ticket) => ticket["style"]?.GetValue<string>();

    private static string WithNote(string line)
    {
        var ticket = JsonNode.Parse(line)!;
        if (Manner(ticket) is { } manner and not "small_talk")
        {
            ticket["messages"]!.AsArray().Insert(0, new JsonObject { ["role"] = "system", ["content"] = manner });
        }

        return ticket.ToJsonString();
    }

    /// <summary>Trains in a process of its own.</summary>
    public static ChildCost Train(string output, CancellationToken cancellation, IEnumerable<string> settings, string? config = null) =>
        ChildProcess.Run(["train", "sft", .. settings.SelectMany(s => new[] { "--set", s }), .. config is null ? Array.Empty<string>() : ["--config", config], "--out", output], cancellation);
}

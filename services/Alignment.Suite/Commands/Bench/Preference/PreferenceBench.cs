using System.CommandLine;
using System.Globalization;

namespace Alignment.Suite.Commands.Bench.Preference;

/// <summary>
/// What a step of offline preference optimisation costs: against its necessary arithmetic at the efficiency of supervised fine-tuning, with
/// shared and separate prompts, with a precomputed and a live reference, and how much memory it takes with LoRA; and how fast online methods
/// sample and score.
/// </summary>
internal sealed class PreferenceBench : IBenchmark
{
    private readonly Option<string?> part = new("--part") { Description = "online: only the speed of rollouts. lora-sft, lora-dpo: that memory measurement alone, its bytes.", Hidden = true };

    public string Name => "preference";

    public string Help => "Cost of a DPO step: FLOPs, shared prompts, precomputed reference, memory with LoRA; speed of rollouts.";

    public IEnumerable<Option> Options => [part];

    public int Run(BenchArguments arguments, CancellationToken cancellation)
    {
        var size = arguments.Quick ? BenchSize.Quick : BenchSize.Full;
        var only = arguments.Parsed.GetValue(part);
        if (only is { } name and not "online")
        {
            Console.WriteLine(MemoryPart.Run(name, size).ToString(CultureInfo.InvariantCulture));
            return 0;
        }

        using var steps = new PreferenceSteps(size);
        using var online = new OnlineSpeed(size);
        var offline = only is null ? steps.Measure(cancellation).Append(MemoryPart.Ratio(arguments.Quick)) : [];
        var lines = offline.Concat(online.Measure(cancellation)).ToList();
        BenchTable.Print([["measure", "value", "wanted", "met"], .. lines.Select(l => (string[])[l.Name, l.Value.ToString("0.000", CultureInfo.InvariantCulture), l.Wanted, l.Met ? "yes" : "no"])]);
        BenchTable.WriteJson(arguments.Json, lines.ToDictionary(l => l.Name, l => new { l.Value, l.Wanted, l.Met, l.Detail }));
        return arguments.Quick || lines.TrueForAll(l => l.Met) ? 0 : 1;
    }
}

/// <param name="Wanted">The bound in words.</param>
/// <param name="Detail">The numbers behind it.</param>
internal sealed record BenchLine(string Name, double Value, string Wanted, bool Met, IReadOnlyDictionary<string, double> Detail);

/// <summary>How large the measured model and rows are. The vocabulary is a tenth of the weights or less, as in models of a billion and more.</summary>
internal sealed record BenchSize(int Width, int Layers, int Vocabulary, int Prompt, int Answer, int Pairs, int Rounds)
{
    public static BenchSize Full { get; } = new(512, 6, 4096, 128, 128, 4, 3);

    public static BenchSize Quick { get; } = new(256, 3, 512, 96, 96, 4, 2);
}

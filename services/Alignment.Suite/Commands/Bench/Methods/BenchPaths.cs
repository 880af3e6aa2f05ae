namespace Alignment.Suite.Commands.Bench.Methods;

/// <summary>Where the methods' benchmark reads and writes. What all methods share is made once and found again.</summary>
/// <param name="Work">Everything that is made.</param>
internal sealed record BenchPaths(string Work)
{
    public static string Sample { get; } = Path.Combine(Repository.Root, "samples", "helpdesk");

    /// <summary>One YAML file for each method, with its settings for the sample.</summary>
    public static string Settings { get; } = Path.Combine(Sample, "bench");

    public static string Rubric => Path.Combine(Sample, "rubric.json");

    public static string HeldOut => Path.Combine(Sample, "heldout.jsonl");

    public static string Prompts => Path.Combine(Sample, "prompts.jsonl");

    /// <summary>The starting point: the sample's base model, fine-tuned on the archive.</summary>
    public string Start => Path.Combine(Work, "start");

    /// <summary>Judged pairs of the starting point's answers.</summary>
    public string Pairs => Path.Combine(Work, "pairs.jsonl");

    /// <summary>The proxy: a reward model trained on the pairs.</summary>
    public string Reward => Path.Combine(Work, "reward");

    public string Run(string method, int seed) => Path.Combine(Work, "runs", FormattableString.Invariant($"{method}-{seed}"));
}

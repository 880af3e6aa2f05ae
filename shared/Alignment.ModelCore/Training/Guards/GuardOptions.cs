using Alignment.ModelCore.Configuration;

namespace Alignment.ModelCore.Training.Guards;

/// <summary>Keys of the section <c>guards</c>: what a run is watched for, and what happens then.</summary>
public sealed class GuardOptions : IOptionSet
{
    private const string Actions = "off|warn|adapt|stop|roll_back";

    [Option("Measurements that a guard averages before it judges; the first so many are the baseline. A metric that is measured every log_every steps gives one each.", Min = 1, Max = 64, Unit = "measurements")]
    public int Window { get; init; } = 8;

    [Option("KL from the reference above its budget.", Choices = Actions)]
    public string KlBudget { get; init; } = "warn";

    [Option("Budget of KL from the reference; 0: none.", Min = 0, Unit = "nats/token")]
    public double KlPerToken { get; init; }

    [Option("Budget of KL from the reference; 0: none.", Min = 0, Unit = "nats/sequence", Source = "a few nats are usual; 6 is PPO's classic target")]
    public double KlPerSequence { get; init; }

    [Option("KL estimated below 0, by more than two standard errors.", Choices = Actions)]
    public string NegativeKl { get; init; } = "warn";

    [Option("How far below 0 is put down to rounding.", Min = 0, Unit = "nats")]
    public double NegativeKlTolerance { get; init; } = 0.001;

    [Option("Entropy below a share of what it was at the start.", Choices = Actions)]
    public string EntropyCollapse { get; init; } = "warn";

    [Option("That share.", Min = 0, Max = 1)]
    public double EntropyFloor { get; init; } = 0.1;

    [Option("Chosen answers become less likely by more than chosen_drop.", Choices = Actions)]
    public string FallingChosen { get; init; } = "warn";

    [Option("Allowed fall of the chosen answers' mean log-probability.", Min = 0, Unit = "nats/sequence")]
    public double ChosenDrop { get; init; } = 50;

    [Option("Answers grow or shrink by more than length_factor.", Choices = Actions)]
    public string LengthDrift { get; init; } = "warn";

    [Option("Allowed ratio of answer lengths to those at the start, both ways.", Min = 1, AboveMin = true)]
    public double LengthFactor { get; init; } = 2;

    [Option("Gold falls on the held-out set while the proxy does not. Needs a probe.", Choices = Actions)]
    public string ProxyGoldGap { get; init; } = "warn";

    [Option("How far gold may lie below its best, in gold's unit.", Min = 0)]
    public double GoldTolerance { get; init; }

    [Option("Probes in a row that gold must stay below.", Min = 1, Max = 32, Unit = "probes")]
    public int GoldPatience { get; init; } = 2;

    [Option("adapt: the learning rate is multiplied by this, or the KL coefficient divided by it.", Min = 0, AboveMin = true, Max = 1)]
    public double AdaptFactor { get; init; } = 0.5;

    [Option("roll_back: steps between the states kept to come back to.", Min = 1, Unit = "steps")]
    public int GoodEvery { get; init; } = 10;

    [Option("Steps between measurements of the policy on a held-out set (probe/*); 0: never.", Min = 0, Unit = "steps")]
    public int ProbeEvery { get; init; }

    [Option("Held-out set: prompts (with facts, for a rubric), or pairs that people judged.")]
    public string ProbeData { get; init; } = "";

    [Option("Most rows of it that are used.", Min = 1, Unit = "rows")]
    public int ProbeRows { get; init; } = 64;

    [Option("Most tokens of an answer to a held-out prompt.", Min = 1, Unit = "tokens")]
    public int ProbeTokens { get; init; } = 96;

    [Option("What the policy is meant to be good at, as a reward: rubric:FILE, model:DIR, http(s)://…; empty: how often it ranks probe_data's pairs as people did.")]
    public string Gold { get; init; } = "";

    [Option("The reward that stands for it, likewise; empty: the policy's own reward margin on the pairs.")]
    public string Proxy { get; init; } = "";

    public IEnumerable<string> Contradictions(IReadOnlySet<string> given)
    {
        if (given.Contains("kl_budget") && KlBudget != "off" && KlPerToken == 0 && KlPerSequence == 0)
        {
            yield return "kl_budget needs a budget: set kl_per_token or kl_per_sequence.";
        }

        if (ProbeEvery > 0 && ProbeData.Length == 0)
        {
            yield return "probe_every needs probe_data: the held-out set to measure on.";
        }

        foreach (var key in new[] { "probe_data", "probe_rows", "probe_tokens", "gold", "proxy" }.Where(k => given.Contains(k) && ProbeEvery == 0))
        {
            yield return $"{key} needs probe_every above 0.";
        }

        foreach (var (key, guard, action) in new[]
        {
            ("entropy_floor", "entropy_collapse", EntropyCollapse), ("chosen_drop", "falling_chosen", FallingChosen), ("length_factor", "length_drift", LengthDrift),
            ("negative_kl_tolerance", "negative_kl", NegativeKl), ("gold_tolerance", "proxy_gold_gap", ProxyGoldGap), ("gold_patience", "proxy_gold_gap", ProxyGoldGap),
            ("kl_per_token", "kl_budget", KlBudget), ("kl_per_sequence", "kl_budget", KlBudget),
        })
        {
            if (given.Contains(key) && action == "off")
            {
                yield return $"{key} has no effect while {guard} is off.";
            }
        }
    }

    /// <summary>The guards that are on.</summary>
    public IReadOnlyList<(IGuard Guard, GuardAction Action)> Create() =>
    [.. new (IGuard Guard, GuardAction Action)[]
        {
            (new KlBudget(GuardMetrics.KlPerToken, KlPerToken, "token"), Parse(KlBudget)),
            (new KlBudget(GuardMetrics.KlPerSequence, KlPerSequence, "sequence"), Parse(KlBudget)),
            (new NegativeKl([.. GuardMetrics.KlPerSequence, .. GuardMetrics.KlPerToken], NegativeKlTolerance), Parse(NegativeKl)),
            (new EntropyCollapse(GuardMetrics.Entropy, EntropyFloor), Parse(EntropyCollapse)),
            (new FallingChosen(GuardMetrics.Chosen, ChosenDrop), Parse(FallingChosen)),
            (new LengthDrift(GuardMetrics.Length, LengthFactor), Parse(LengthDrift)),
            (new ProxyGoldGap(GoldTolerance, GoldPatience), Parse(ProxyGoldGap)),
        }.Where(g => g.Action != GuardAction.Off)];

    private static GuardAction Parse(string action) => Losses.OptionNames.Parse<GuardAction>(action);
}

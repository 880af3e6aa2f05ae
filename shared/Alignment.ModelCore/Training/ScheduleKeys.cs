using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Optimization;

namespace Alignment.ModelCore.Training;

/// <summary>Keys of the section <c>schedule_options</c>: transformers' <c>lr_scheduler_kwargs</c> by their names, each for the schedules that read it.</summary>
public sealed class ScheduleKeys
{
    internal const string Names = "constant|constant_with_warmup|linear|cosine|cosine_with_restarts|cosine_with_min_lr|cosine_warmup_with_min_lr|polynomial|inverse_sqrt|warmup_stable_decay|reduce_lr_on_plateau";

    private const string Cosines = "cosine cosine_with_restarts cosine_with_min_lr cosine_warmup_with_min_lr warmup_stable_decay", Plateau = "reduce_lr_on_plateau";

    private static readonly Dictionary<string, string> ReadBy = new(StringComparer.Ordinal)
    {
        ["num_cycles"] = Cosines, ["min_lr"] = "cosine_with_min_lr cosine_warmup_with_min_lr " + Plateau, ["warmup_lr_rate"] = "cosine_warmup_with_min_lr",
        ["lr_end"] = "polynomial", ["power"] = "polynomial", ["timescale"] = "inverse_sqrt",
        ["num_decay_steps"] = "warmup_stable_decay", ["num_stable_steps"] = "warmup_stable_decay", ["warmup_type"] = "warmup_stable_decay",
        ["decay_type"] = "warmup_stable_decay", ["min_lr_ratio"] = "warmup_stable_decay",
        ["factor"] = Plateau, ["patience"] = Plateau, ["threshold"] = Plateau, ["threshold_mode"] = Plateau, ["cooldown"] = Plateau, ["eps"] = Plateau,
    };

    [Option("Cosine schedules: waves (0.5 is one descent); with restarts: cycles (1).", Min = 0, AboveMin = true, Max = 1000, Source = "transformers: 0.5, restarts 1")]
    public double? NumCycles { get; init; }

    [Option("Floor as a learning rate; instead of min_lr_rate.", Min = 0, Max = 10)]
    public double? MinLr { get; init; }

    [Option("cosine_warmup_with_min_lr: where the warm-up begins, as a share of learning_rate.", Min = 0, Max = 1)]
    public double? WarmupLrRate { get; init; }

    [Option("polynomial: the final learning rate.", Min = 0, Max = 10, Source = "transformers: 1e-7")]
    public double LrEnd { get; init; } = 1e-7;

    [Option("polynomial: exponent.", Min = 0, AboveMin = true, Max = 100, Source = "transformers: 1")]
    public double Power { get; init; } = 1;

    [Option("inverse_sqrt: steps until the rate has fallen to 1/√2; unset: the warm-up, or 10000.", Min = 0, AboveMin = true, Unit = "steps")]
    public double? Timescale { get; init; }

    [Option("warmup_stable_decay: steps of the last phase; 0: a tenth of all.", Min = 0, Unit = "steps")]
    public long NumDecaySteps { get; init; }

    [Option("warmup_stable_decay: steps of the middle phase; unset: what is left.", Min = 0, Unit = "steps")]
    public long? NumStableSteps { get; init; }

    [Option("warmup_stable_decay: form of the rise.", Choices = "linear|cosine|1-sqrt", Source = "transformers: linear")]
    public string WarmupType { get; init; } = "linear";

    [Option("warmup_stable_decay: form of the fall.", Choices = "linear|cosine|1-sqrt", Source = "transformers: cosine")]
    public string DecayType { get; init; } = "cosine";

    [Option("warmup_stable_decay: floor as a share of learning_rate.", Min = 0, Max = 1, Source = "transformers: 0")]
    public double MinLrRatio { get; init; }

    [Option("reduce_lr_on_plateau: the rate is multiplied by this.", Min = 0, AboveMin = true, Max = 0.999999, Source = "torch: 0.1")]
    public double Factor { get; init; } = .1;

    [Option("reduce_lr_on_plateau: evaluations without progress that are endured.", Min = 0, Unit = "evaluations", Source = "torch: 10")]
    public int Patience { get; init; } = 10;

    [Option("reduce_lr_on_plateau: what counts as progress.", Min = 0, Source = "torch: 1e-4")]
    public double Threshold { get; init; } = 1e-4;

    [Option("reduce_lr_on_plateau: threshold is a share of the best value, or absolute.", Choices = "rel|abs", Source = "torch: rel")]
    public string ThresholdMode { get; init; } = "rel";

    [Option("reduce_lr_on_plateau: evaluations to wait after a reduction.", Min = 0, Unit = "evaluations", Source = "torch: 0")]
    public int Cooldown { get; init; }

    [Option("reduce_lr_on_plateau: smaller changes of the rate are not made.", Min = 0, Source = "torch: 1e-8")]
    public double Eps { get; init; } = 1e-8;

    internal ScheduleOptions For(TrainingOptions o, long total) => new()
    {
        NumCycles = NumCycles, MinLr = MinLr, MinLrRate = MinLr is null ? o.MinLrRate : null, WarmupLrRate = WarmupLrRate, LrEnd = LrEnd, Power = Power, Timescale = Timescale,
        NumDecaySteps = NumDecaySteps > 0 ? NumDecaySteps : Math.Max(1, total / 10), NumStableSteps = NumStableSteps, WarmupType = WarmupType, DecayType = DecayType, MinLrRatio = MinLrRatio,
    };

    internal PlateauOptions ForPlateau(bool lowerIsBetter) => new(lowerIsBetter ? "min" : "max", Factor, Patience, Threshold, ThresholdMode, Cooldown, MinLr ?? 0, Eps);

    internal IEnumerable<string> Problems(TrainingOptions o, IReadOnlySet<string> given)
    {
        foreach (var key in given.Where(g => g.StartsWith("schedule_options.", StringComparison.Ordinal)).Select(g => g["schedule_options.".Length..]))
        {
            if (ReadBy.TryGetValue(key, out var by) && !by.Split(' ').Contains(o.Schedule))
            {
                yield return $"schedule_options.{key} needs schedule: {by.Replace(" ", " or ", StringComparison.Ordinal)}, and schedule is {o.Schedule}.";
            }
        }

        if (MinLr is not null && given.Contains("min_lr_rate"))
        {
            yield return "min_lr_rate and schedule_options.min_lr are both set: they say the same thing. Remove one.";
        }

        if (o.Schedule == "polynomial" && LrEnd >= o.LearningRate)
        {
            yield return $"schedule_options.lr_end {LrEnd} must be below learning_rate {o.LearningRate}.";
        }

        if (o.Schedule == Plateau && (o.WarmupSteps > 0 || o.WarmupRatio > 0))
        {
            yield return "schedule: reduce_lr_on_plateau has no warm-up. Remove the warm-up key.";
        }
    }
}

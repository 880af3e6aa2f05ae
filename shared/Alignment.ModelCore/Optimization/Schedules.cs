namespace Alignment.ModelCore.Optimization;

/// <summary>
/// Settings of a schedule; names follow transformers' <c>lr_scheduler_kwargs</c>. Unset values take that library's defaults.
/// </summary>
public sealed record ScheduleOptions
{
    /// <summary>Cosine: half waves ÷ 2 (default .5 = one descent). Cosine with restarts: number of cycles (default 1).</summary>
    public double? NumCycles { get; init; }

    /// <summary>Floor as a learning rate; <see cref="MinLrRate"/> wins.</summary>
    public double? MinLr { get; init; }

    /// <summary>Floor as a share of the base rate.</summary>
    public double? MinLrRate { get; init; }

    /// <summary><c>cosine_warmup_with_min_lr</c>: where warm-up starts, as a share.</summary>
    public double? WarmupLrRate { get; init; }

    /// <summary>Polynomial: the final learning rate.</summary>
    public double LrEnd { get; init; } = 1e-7;

    /// <summary>Polynomial exponent.</summary>
    public double Power { get; init; } = 1;

    /// <summary>Inverse square root: steps until the rate has fallen to 1/√2; default the warm-up, or 10 000 without one.</summary>
    public double? Timescale { get; init; }

    /// <summary>Warm-up–stable–decay: length of the last phase.</summary>
    public long? NumDecaySteps { get; init; }

    /// <summary>Warm-up–stable–decay: length of the middle phase; default what is left.</summary>
    public long? NumStableSteps { get; init; }

    /// <summary>Warm-up–stable–decay: <c>linear</c>, <c>cosine</c> or <c>1-sqrt</c>.</summary>
    public string WarmupType { get; init; } = "linear";

    /// <summary>Warm-up–stable–decay: <c>linear</c>, <c>cosine</c> or <c>1-sqrt</c>.</summary>
    public string DecayType { get; init; } = "cosine";

    /// <summary>Warm-up–stable–decay: floor as a share of the base rate.</summary>
    public double MinLrRatio { get; init; }
}

/// <summary>
/// Learning-rate schedules as pure functions of the step: <c>rate(t)</c> is what optimiser step t+1 uses, so nothing needs saving beyond
/// the step number. Names and arithmetic are transformers'; with warm-up the first step therefore has rate 0.
/// </summary>
public static class Schedules
{
    public static IReadOnlyList<string> Names { get; } =
    [
        "constant", "constant_with_warmup", "linear", "cosine", "cosine_with_restarts", "cosine_with_min_lr", "cosine_warmup_with_min_lr",
        "polynomial", "inverse_sqrt", "warmup_stable_decay",
    ];

    /// <summary>Warm-up as a user writes it: at least 1 is a count of steps, below 1 a share of them rounded up.</summary>
    public static long WarmupSteps(double setting, long trainingSteps) => setting >= 1 ? (long)setting : (long)Math.Ceiling(setting * trainingSteps);

    /// <summary>The rate with which step t+1 is taken (t counts from 0).</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="warmup">Warm-up steps w.</param>
    /// <param name="total">Training steps N.</param>
    /// <exception cref="ArgumentException">Unknown name, or a setting the schedule needs is missing.</exception>
    public static Func<long, double> Create(string name, double baseRate, long warmup, long total, ScheduleOptions? options = null)
    {
        var o = options ?? new();
        Func<double, double> factor = name switch
        {
            "constant" => _ => 1,
            "constant_with_warmup" => t => Ramp(t, warmup) ?? 1,
            "linear" => t => Ramp(t, warmup) ?? Math.Max(0, (total - t) / Math.Max(1, total - warmup)),
            "cosine" => t => Ramp(t, warmup) ?? Math.Max(0, Cosine(o.NumCycles ?? .5, Progress(t, warmup, total))),
            "cosine_with_restarts" => t => Ramp(t, warmup) ?? Restarts(o.NumCycles ?? 1, Progress(t, warmup, total)),
            "cosine_with_min_lr" => t => Ramp(t, warmup) ?? Math.Max(0, Floored(Cosine(o.NumCycles ?? .5, Progress(t, warmup, total)), Floor(o, baseRate))),
            "cosine_warmup_with_min_lr" => t => CosineWithWarmupRate(t, warmup, total, o, Floor(o, baseRate)),
            "polynomial" => t => Ramp(t, warmup) ?? Polynomial(t, warmup, total, baseRate, o),
            "inverse_sqrt" => t => Ramp(t, warmup) ?? InverseSquareRoot(t, warmup, o.Timescale),
            "warmup_stable_decay" => WarmupStableDecay(warmup, total, o),
            _ => throw new ArgumentException($"Unknown schedule '{name}'; there are {string.Join(", ", Names)}, and reduce_lr_on_plateau, which follows a metric."),
        };
        return t => baseRate * factor(t);
    }

    private static double? Ramp(double t, double warmup) => t < warmup ? t / Math.Max(1, warmup) : null;

    private static double Progress(double t, double warmup, double total) => (t - warmup) / Math.Max(1, total - warmup);

    private static double Cosine(double cycles, double progress) => .5 * (1 + Math.Cos(Math.PI * cycles * 2 * progress));

    private static double Restarts(double cycles, double progress) =>
        progress >= 1 ? 0 : Math.Max(0, .5 * (1 + Math.Cos(Math.PI * (cycles * progress % 1))));

    private static double Floored(double factor, double floor) => (factor * (1 - floor)) + floor;

    private static double Floor(ScheduleOptions o, double baseRate) => o.MinLrRate ?? (o.MinLr is { } lr
        ? lr / baseRate
        : throw new ArgumentException("A cosine schedule with a floor needs min_lr or min_lr_rate."));

    private static double CosineWithWarmupRate(double t, double warmup, double total, ScheduleOptions o, double floor)
    {
        if (t < warmup)
        {
            return o.WarmupLrRate is { } start ? start + ((1 - start) * t / Math.Max(1, warmup - 1)) : (t + 1) / Math.Max(1, warmup);
        }

        var progress = (t - warmup + 1) / Math.Max(1, total - warmup);
        return Math.Max(0, Floored(Cosine(o.NumCycles ?? .5, progress), floor));
    }

    private static double Polynomial(double t, double warmup, double total, double baseRate, ScheduleOptions o)
    {
        if (o.LrEnd >= baseRate)
        {
            throw new ArgumentException($"lr_end {o.LrEnd} must be below the learning rate {baseRate}.");
        }

        return t > total
            ? o.LrEnd / baseRate
            : (((baseRate - o.LrEnd) * Math.Pow(1 - ((t - warmup) / (total - warmup)), o.Power)) + o.LrEnd) / baseRate;
    }

    private static double InverseSquareRoot(double t, double warmup, double? given)
    {
        var timescale = given ?? (warmup == 0 ? 10_000 : warmup);
        return 1 / Math.Sqrt((t + timescale - warmup) / timescale);
    }

    private static Func<double, double> WarmupStableDecay(long warmup, long total, ScheduleOptions o)
    {
        var decay = o.NumDecaySteps ?? throw new ArgumentException("warmup_stable_decay needs num_decay_steps.");
        var stable = o.NumStableSteps ?? (total - warmup - decay);
        return t =>
        {
            if (t < warmup)
            {
                return Math.Max(0, Floored(Rise(o.WarmupType, t / Math.Max(1, warmup)), o.MinLrRatio));
            }

            if (t < warmup + stable)
            {
                return 1;
            }

            return t < warmup + stable + decay
                ? Math.Max(0, Floored(Fall(o.DecayType, (t - warmup - stable) / Math.Max(1, decay), o.NumCycles ?? .5), o.MinLrRatio))
                : o.MinLrRatio;
        };
    }

    private static double Rise(string type, double progress) => type switch
    {
        "linear" => progress,
        "cosine" => .5 * (1 - Math.Cos(Math.PI * progress)),
        "1-sqrt" => 1 - Math.Sqrt(1 - progress),
        _ => throw new ArgumentException($"Unknown warmup_type '{type}': linear, cosine or 1-sqrt."),
    };

    private static double Fall(string type, double progress, double cycles) => type switch
    {
        "linear" => 1 - progress,
        "cosine" => Cosine(cycles, progress),
        "1-sqrt" => 1 - Math.Sqrt(progress),
        _ => throw new ArgumentException($"Unknown decay_type '{type}': linear, cosine or 1-sqrt."),
    };
}

namespace Alignment.ModelCore.Optimization;

/// <summary>Settings of <see cref="PlateauSchedule"/>; torch's names and defaults.</summary>
public sealed record PlateauOptions(
    string Mode = "min", double Factor = .1, int Patience = 10, double Threshold = 1e-4, string ThresholdMode = "rel", int Cooldown = 0, double MinLr = 0, double Eps = 1e-8);

/// <summary>What <see cref="PlateauSchedule"/> must carry through a resume.</summary>
public sealed record PlateauState(double Rate, double Best, int BadEvaluations, int CooldownLeft);

/// <summary>Lowers the learning rate when a metric stops improving (torch <c>ReduceLROnPlateau</c>).</summary>
public sealed class PlateauSchedule(double baseRate, PlateauOptions? options = null)
{
    private readonly PlateauOptions o = options ?? new();

    /// <summary>Set to resume.</summary>
    public PlateauState State { get; set; } = new(baseRate, (options ?? new()).Mode == "min" ? double.PositiveInfinity : double.NegativeInfinity, 0, 0);

    public double Rate => State.Rate;

    /// <summary>Takes one evaluation's metric and returns the rate to go on with.</summary>
    public double Observe(double metric)
    {
        var s = State;
        var better = IsBetter(metric, s.Best);
        var (best, bad, cooldown) = better ? (metric, 0, s.CooldownLeft) : (s.Best, s.BadEvaluations + 1, s.CooldownLeft);
        if (cooldown > 0)
        {
            (cooldown, bad) = (cooldown - 1, 0);
        }

        var rate = s.Rate;
        if (bad > o.Patience)
        {
            var lower = Math.Max(rate * o.Factor, o.MinLr);
            rate = rate - lower > o.Eps ? lower : rate;
            (cooldown, bad) = (o.Cooldown, 0);
        }

        State = new(rate, best, bad, cooldown);
        return rate;
    }

    private bool IsBetter(double metric, double best) => (o.Mode, o.ThresholdMode) switch
    {
        ("min", "rel") => metric < best * (1 - o.Threshold),
        ("min", _) => metric < best - o.Threshold,
        (_, "rel") => metric > best * (o.Threshold + 1),
        _ => metric > best + o.Threshold,
    };
}

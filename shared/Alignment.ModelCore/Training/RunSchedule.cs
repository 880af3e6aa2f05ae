using System.Text.Json.Nodes;
using Alignment.ModelCore.Optimization;

namespace Alignment.ModelCore.Training;

/// <summary>The learning rate of a run: a function of the step, or one that follows a metric.</summary>
internal sealed class RunSchedule
{
    private readonly Func<long, double>? ofStep;
    private readonly PlateauSchedule? plateau;

    public RunSchedule(TrainingOptions options, int total)
    {
        if (options.Schedule == "reduce_lr_on_plateau")
        {
            plateau = new(options.LearningRate, options.ScheduleOptions.ForPlateau(options.Evaluation.LowerIsBetter));
            return;
        }

        var warmup = options.WarmupSteps > 0 ? options.WarmupSteps : (long)Math.Ceiling(options.WarmupRatio * total);
        ofStep = Schedules.Create(options.Schedule, options.LearningRate, warmup, total, options.ScheduleOptions.For(options, total));
    }

    public double Rate(int step) => plateau?.Rate ?? ofStep!(step);

    /// <summary>A new value of the metric that the run evaluates.</summary>
    public void Observe(double metric) => plateau?.Observe(metric);

    // As text: JSON has no infinity, which the best value is before the first evaluation.
    public JsonObject? Save() => plateau is null ? null : new()
    {
        ["rate"] = plateau.State.Rate, ["best"] = plateau.State.Best.ToString("R", System.Globalization.CultureInfo.InvariantCulture), ["bad"] = plateau.State.BadEvaluations, ["cooldown"] = plateau.State.CooldownLeft,
    };

    public void Restore(JsonObject? saved)
    {
        if (plateau is not null && saved is not null)
        {
            plateau.State = new(saved["rate"]!.GetValue<double>(), double.Parse(saved["best"]!.GetValue<string>(), System.Globalization.CultureInfo.InvariantCulture), saved["bad"]!.GetValue<int>(), saved["cooldown"]!.GetValue<int>());
        }
    }
}

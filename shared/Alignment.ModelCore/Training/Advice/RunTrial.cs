using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;

namespace Alignment.ModelCore.Training.Advice;

/// <summary>
/// Cuts the runs on this thread short to learn what they cost: the heaviest micro-batches first, for the peak of memory, then steps spread
/// over an epoch, for the time. All the rest is as in the whole run, from loading to the finished checkpoint; only the order of the steps is
/// another, states are written once and held-out rows are measured once, and both are timed.
/// </summary>
public sealed class RunTrial : IDisposable
{
    /// <summary>So few even where a step is long; so many at most.</summary>
    private const int FewestSteps = 4, MostSteps = 2000;

    /// <summary>Steps that pay for first uses (compilation above all) are the whole run's too, but only once.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);

    [ThreadStatic]
    private static RunTrial? current;

    private readonly TimeSpan budget;
    private readonly List<StepTime> steps = [];
    private TrialReport report = TrialReport.Nothing;
    private BatchPlan? plan;
    private int plannedSteps;
    private int totalSteps;
    private int batchSteps;
    private int heaviest;
    private int taken;
    private CostMark began;
    private CostMark stepBegan;

    private RunTrial(TimeSpan budget) => this.budget = budget;

    /// <summary>The trial this thread is in, if any.</summary>
    public static RunTrial? Current => current;

    /// <summary>From here until disposed, runs on this thread are trials of <paramref name="budget"/>, loading and ending not counted.</summary>
    public static RunTrial Enter(TimeSpan budget) => current = new(budget);

    public void Dispose() => current = null;

    /// <summary>What was seen until now; what the process took in all is known to whoever started it.</summary>
    public TrialReport Report => report with { PeakBytes = RunMeters.PeakRss(), CpuSeconds = CostMark.Now.Cpu };

    /// <summary>A run is ready for its first step.</summary>
    internal void Start(BatchPlan batches, int stepsPerBatch, int total, long trainable)
    {
        (plan, batchSteps, totalSteps) = (batches, stepsPerBatch, total);
        plannedSteps = Math.Max(1, (total + stepsPerBatch - 1) / stepsPerBatch);
        heaviest = Heaviest();
        taken = -1;
        steps.Clear();
        report = report with { TotalSteps = report.TotalSteps + total, Trainable = trainable, Rows = batches.Rows };
        began = CostMark.Now;
    }

    /// <summary>The rows of the trial's <paramref name="batch"/>-th batch.</summary>
    internal IReadOnlyList<int[]> Batches(int batch)
    {
        var rows = plan!.Step(PlanStep(batch));
        if (batch != taken)
        {
            (taken, stepBegan) = (batch, CostMark.Now);
        }

        return rows;
    }

    /// <summary>Notes the step just done; true when the trial has seen enough of this run.</summary>
    internal bool Over(int stepsDone)
    {
        if (stepsDone > 0 && stepsDone % batchSteps == 0)
        {
            steps.Add(new(stepBegan.Since(), Tokens(PlanStep((stepsDone / batchSteps) - 1))));
        }

        var spent = began.Since().Wall;
        return stepsDone >= totalSteps || steps.Count >= MostSteps || (stepsDone % batchSteps == 0 && spent >= budget.TotalSeconds && (steps.Count >= FewestSteps || spent >= 2 * budget.TotalSeconds));
    }

    /// <summary>The steps are over. What follows, once each, happens in the whole run so many times.</summary>
    internal void End(Action save, int saves, Action evaluate, int evaluations)
    {
        var loop = began.Since();
        var whole = steps.Count == 0 ? default : StepTime.Whole(steps, plannedSteps, MeanTokens(), WarmUp.TotalSeconds);
        var saved = Timed(save) * Math.Max(0, saves - 1);
        var evaluated = evaluations == 0 ? default : Timed(evaluate) * (evaluations - 1);
        report = report with
        {
            LoopSeconds = report.LoopSeconds + loop.Wall, LoopCpuSeconds = report.LoopCpuSeconds + loop.Cpu,
            StepSeconds = report.StepSeconds + whole.Wall, StepCpuSeconds = report.StepCpuSeconds + whole.Cpu,
            SaveSeconds = report.SaveSeconds + saved.Wall, EvaluateSeconds = report.EvaluateSeconds + evaluated.Wall, MoreCpuSeconds = report.MoreCpuSeconds + saved.Cpu + evaluated.Cpu,
            TotalTokens = report.TotalTokens + (long)(MeanTokens() * plannedSteps), StepsTaken = report.StepsTaken + steps.Count,
        };
    }

    private static Cost Timed(Action action)
    {
        var mark = CostMark.Now;
        action();
        return mark.Since();
    }

    private double MeanTokens()
    {
        var sampled = Math.Min(plannedSteps, 4000);
        return Enumerable.Range(0, sampled).Average(i => (double)Tokens((int)((long)i * plannedSteps / sampled)));
    }

    /// <summary>Step 0 of the trial is the heaviest of an epoch, the others lie evenly over it: multiples of the golden ratio fill an interval evenly however many there are.</summary>
    private int PlanStep(int batch) => batch == 0 ? heaviest : (int)(batch * 0.6180339887498949 % 1 * Math.Min(plannedSteps, plan!.StepsPerEpoch));

    private int Heaviest()
    {
        var (best, most) = (0, -1L);
        for (var i = 0; i < Math.Min(plan!.StepsPerEpoch, plannedSteps); i++)
        {
            var peak = plan.Step(i).Max(plan.PaddedTokens);
            (best, most) = peak > most ? (i, peak) : (best, most);
        }

        return best;
    }

    private long Tokens(int planStep) => plan!.Step(planStep).Sum(plan.PaddedTokens);
}

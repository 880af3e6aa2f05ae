using System.Diagnostics;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;

namespace Alignment.ModelCore.Training.Advice;

/// <summary>
/// Cuts the run on this thread short to learn what it costs: the heaviest micro-batches first, for the peak of memory, then steps spread
/// over the whole plan, for the time. The recipe runs as it is, on the real model; only the order of its steps is another, and the state
/// is written once, to be timed. Ends in a <see cref="TrialEndedException"/>.
/// </summary>
public sealed class RunTrial : IDisposable
{
    private const int MostSteps = 24, FewestSteps = 4;

    [ThreadStatic]
    private static RunTrial? current;

    private readonly TimeSpan budget;
    private readonly long entered = Stopwatch.GetTimestamp();
    private readonly List<(double Seconds, long Tokens)> steps = [];
    private BatchPlan? plan;
    private int plannedSteps;
    private int totalSteps;
    private int batchSteps;
    private long trainable;
    private double prepared;
    private long began;
    private long stepBegan;
    private int heaviest;
    private int taken = -1;

    private RunTrial(TimeSpan budget) => this.budget = budget;

    /// <summary>The trial this thread is in, if any.</summary>
    internal static RunTrial? Current => current;

    /// <summary>From here until disposed, runs on this thread are trials of <paramref name="budget"/>, loading not counted.</summary>
    public static RunTrial Enter(TimeSpan budget) => current = new(budget);

    public void Dispose() => current = null;

    internal void Start(BatchPlan batches, int stepsPerBatch, int total, long trainableParameters)
    {
        (plan, batchSteps, totalSteps, trainable) = (batches, stepsPerBatch, total, trainableParameters);
        plannedSteps = Math.Max(1, (total + stepsPerBatch - 1) / stepsPerBatch);
        heaviest = Heaviest();
        prepared = SinceProcessStart();
        began = Stopwatch.GetTimestamp();
    }

    /// <summary>The rows of the trial's <paramref name="batch"/>-th batch.</summary>
    internal IReadOnlyList<int[]> Batches(int batch)
    {
        if (batch != taken)
        {
            (taken, stepBegan) = (batch, Stopwatch.GetTimestamp());
        }

        return plan!.Step(PlanStep(batch));
    }

    /// <summary>Notes the step just done; <paramref name="save"/> writes the state, which is timed, before the trial ends.</summary>
    internal void Next(int stepsDone, Action save)
    {
        if (stepsDone > 0 && stepsDone % batchSteps == 0)
        {
            steps.Add((Stopwatch.GetElapsedTime(stepBegan).TotalSeconds, Tokens(PlanStep((stepsDone / batchSteps) - 1))));
        }

        var spent = Stopwatch.GetElapsedTime(began);
        if (stepsDone < totalSteps && steps.Count < MostSteps && (spent < budget || (steps.Count < FewestSteps && spent < 2 * budget)))
        {
            return;
        }

        var saving = Stopwatch.GetTimestamp();
        save();
        throw new TrialEndedException(Report(Stopwatch.GetElapsedTime(saving).TotalSeconds));
    }

    private TrialReport Report(double saveSeconds)
    {
        // The first step pays for first uses of everything; it counts only where it is alone.
        var counted = steps.Count > 2 ? steps.Skip(1).ToList() : steps;
        long all = 0;
        var sampled = Math.Min(plannedSteps, 4000);
        for (var i = 0; i < sampled; i++)
        {
            all += Tokens((int)((long)i * plannedSteps / sampled));
        }

        var perStep = (double)all / Math.Max(1, sampled);
        var (fixedSeconds, perToken) = StepCost.Fit(counted);
        return new(RunMeters.PeakRss(), prepared, plannedSteps * Math.Max(0, fixedSeconds + (perToken * perStep)), saveSeconds, totalSteps, (long)(perStep * plannedSteps), trainable, steps.Count, plan!.Rows, Stopwatch.GetElapsedTime(entered).TotalSeconds);
    }

    /// <summary>Step 0 of the trial is the heaviest of the plan, the others lie evenly over it.</summary>
    private int PlanStep(int batch) => batch == 0 ? heaviest : (int)((long)((batch * 7) % MostSteps) * plannedSteps / MostSteps);

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

    private static double SinceProcessStart()
    {
        using var me = Process.GetCurrentProcess();
        return (DateTime.Now - me.StartTime).TotalSeconds;
    }
}

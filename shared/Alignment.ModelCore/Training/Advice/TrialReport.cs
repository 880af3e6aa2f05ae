namespace Alignment.ModelCore.Training.Advice;

/// <summary>What a run cut short said about the whole one. Seconds are the clock's unless they say CPU, which counts all threads.</summary>
public sealed record TrialReport
{
    /// <summary>Largest resident set of the process: the heaviest micro-batch, a saved state and the written checkpoint included.</summary>
    public long PeakBytes { get; init; }

    /// <summary>The trial's whole process: loading, tokenising, reference log-probs, the steps taken, measurements, the checkpoint, the report.</summary>
    public double ProcessSeconds { get; init; }

    public double CpuSeconds { get; init; }

    /// <summary>Of these, in the steps taken.</summary>
    public double LoopSeconds { get; init; }

    public double LoopCpuSeconds { get; init; }

    /// <summary>All steps of the whole run.</summary>
    public double StepSeconds { get; init; }

    public double StepCpuSeconds { get; init; }

    /// <summary>Saved states of the whole run, without the one that the trial wrote.</summary>
    public double SaveSeconds { get; init; }

    /// <summary>Held-out measurements of the whole run, without the one that the trial made.</summary>
    public double EvaluateSeconds { get; init; }

    /// <summary>CPU seconds of both.</summary>
    public double MoreCpuSeconds { get; init; }

    /// <summary>Optimiser steps of the whole run.</summary>
    public int TotalSteps { get; init; }

    /// <summary>Padded tokens of the whole run.</summary>
    public long TotalTokens { get; init; }

    /// <summary>Parameters that learn.</summary>
    public long Trainable { get; init; }

    /// <summary>Steps measured.</summary>
    public int StepsTaken { get; init; }

    /// <summary>Rows the trial had.</summary>
    public int Rows { get; init; }

    /// <summary>Before anything was seen.</summary>
    public static TrialReport Nothing { get; } = new();

    /// <summary>A trial that ended for want of memory.</summary>
    public static TrialReport OutOfMemory { get; } = new() { PeakBytes = long.MaxValue };

    public bool RanOut => PeakBytes == long.MaxValue;
}

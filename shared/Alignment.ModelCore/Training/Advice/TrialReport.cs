namespace Alignment.ModelCore.Training.Advice;

/// <summary>What a few real steps said about a run.</summary>
/// <param name="PeakBytes">Largest resident set of the process, the heaviest micro-batch and a saved state included.</param>
/// <param name="PrepareSeconds">From the start of the process to the first step: loading, tokenising, reference log-probs.</param>
/// <param name="StepSeconds">All steps of the whole run.</param>
/// <param name="SaveSeconds">One saved state.</param>
/// <param name="TotalSteps">Optimiser steps of the whole run.</param>
/// <param name="TotalTokens">Padded tokens of the whole run.</param>
/// <param name="Trainable">Parameters that learn.</param>
/// <param name="StepsTaken">Steps measured.</param>
/// <param name="Rows">Rows the trial had.</param>
/// <param name="Seconds">What the trial took, loading included.</param>
public sealed record TrialReport(
    long PeakBytes, double PrepareSeconds, double StepSeconds, double SaveSeconds, int TotalSteps, long TotalTokens, long Trainable, int StepsTaken, int Rows, double Seconds)
{
    /// <summary>A trial that ended for want of memory.</summary>
    public static TrialReport OutOfMemory { get; } = new(long.MaxValue, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    public bool RanOut => PeakBytes == long.MaxValue;
}

/// <summary>A <see cref="RunTrial"/> is over; nothing went wrong.</summary>
public sealed class TrialEndedException(TrialReport report) : Exception("The trial has ended.")
{
    public TrialReport Report { get; } = report;
}

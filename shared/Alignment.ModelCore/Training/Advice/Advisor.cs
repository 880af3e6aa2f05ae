using System.Globalization;
using System.Text.Json.Nodes;
using Alignment.ModelCore.Configuration;

namespace Alignment.ModelCore.Training.Advice;

/// <summary>What is asked of the advisor.</summary>
/// <param name="Model">Checkpoint folder.</param>
/// <param name="Data">Data files, JSON lines.</param>
/// <param name="Goal">A method of <c>align train</c>.</param>
/// <param name="MaxSteps">Optimiser steps of the run; 0: the recipe's epochs.</param>
public sealed record AdviceRequest(string Model, IReadOnlyList<string> Data, long MemoryBytes, string Goal, int MaxSteps = 0)
{
    /// <summary>Keys of the job that are not the advisor's to choose: <c>reward_model</c>, <c>batch_size</c>, <c>tuning.rank</c> …</summary>
    public JsonObject Set { get; init; } = [];
}

/// <summary>
/// Chooses the settings of a run for a model, data and an amount of memory: by formula first, then by a trial of real steps, whose measured
/// peak and times replace the formula's guesses.
/// </summary>
/// <param name="trial">Runs the recipe on these keys for about the given time and reports, or null where there is nothing to run it with.</param>
public sealed class Advisor(Func<JsonObject, TimeSpan, TrialReport?>? trial)
{
    /// <summary>A run is planned to stay below this share of the memory, because neighbours and fragments take some.</summary>
    private const double Usable = 0.9;

    private const int MostTrials = 3;
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(7);

    /// <param name="defaults">The recipe's own defaults.</param>
    /// <param name="check">Binds a job as the recipe will and throws where it would be refused.</param>
    /// <exception cref="OptionsException">Nothing fits, or the model cannot be read.</exception>
    public RunAdvice Advise(AdviceRequest request, TrainingOptions defaults, Action<JsonObject>? check = null)
    {
        var model = ModelShape.Read(request.Model);
        var answers = AnswerKeys.Of(defaults, request.Set);
        var data = DataShape.Read(request.Data, request.Model, answers.Sampled);
        var goal = Goal.Of(request.Goal);
        var limit = (long)(request.MemoryBytes * Usable);
        var choices = Choices.For(model, data, goal, defaults, answers, request.Set);
        var correction = 1.0;
        for (var attempt = 0; ; attempt++)
        {
            var chosen = choices.Find(s => Estimate(model, s, goal, data, correction).Total <= limit)
                ?? throw new OptionsException([Message(request, model, goal, data, choices[^1], correction)]);
            var estimate = Estimate(model, chosen, goal, data, correction);
            check?.Invoke(chosen.Keys(request));
            if (trial is null || trial(chosen.Keys(request), Budget) is not { } seen)
            {
                return RunAdvice.Of(request, model, data, goal, answers.Samples, chosen, estimate, null);
            }

            var calibrated = seen.RanOut ? estimate : estimate.Calibrated(WholePeak(seen.PeakBytes));
            if (!seen.RanOut && calibrated.Total <= (attempt < MostTrials - 1 ? limit : request.MemoryBytes))
            {
                return RunAdvice.Of(request, model, data, goal, answers.Samples, chosen, calibrated, seen);
            }

            if (attempt == MostTrials - 1)
            {
                throw new OptionsException([Message(request, model, goal, data, choices[^1], correction)]);
            }

            // The formula promised too little: what it says of activations is scaled by what was seen, and the choice made again.
            correction *= seen.RanOut ? 2 : Math.Max(1.1, (double)calibrated.Activations / Math.Max(1, estimate.Activations));
        }
    }

    /// <summary>What a run with these settings takes, whether or not they are the best.</summary>
    public RunAdvice Judge(AdviceRequest request, AdvisedSettings settings)
    {
        var (model, data, goal) = (ModelShape.Read(request.Model), DataShape.Read(request.Data, request.Model), Goal.Of(request.Goal));
        var estimate = Estimate(model, settings, goal, data, 1);
        var seen = trial?.Invoke(settings.Keys(request), Budget);
        return RunAdvice.Of(request, model, data, goal, 1, settings, seen is null ? estimate : estimate.Calibrated(WholePeak(seen.PeakBytes)), seen);
    }

    /// <summary>A heap goes on filling up after a trial's steps: whole runs were seen to end 0 to 9 % above it.</summary>
    private static long WholePeak(long trial) => trial + (trial / 32);

    private static MemoryEstimate Estimate(ModelShape model, AdvisedSettings s, Goal goal, DataShape data, double correction)
    {
        var longest = (data.LongestTokens + s.MaxNewTokens + 8) / Math.Max(1, goal.SequencesPerRow);
        var plain = MemoryEstimate.Of(model, s, goal, goal.SequencesPerRow == 1 ? longest : Math.Max(longest, (data.LongestTokens * 2 / 3) + s.MaxNewTokens));
        return plain with { Activations = (long)(plain.Activations * correction) };
    }

    private static string Message(AdviceRequest request, ModelShape model, Goal goal, DataShape data, AdvisedSettings least, double correction)
    {
        var needs = Estimate(model, least, goal, data, correction).Total / Usable;
        return string.Create(CultureInfo.InvariantCulture,
            $"--memory {MemorySize.Text(request.MemoryBytes)} is too little for {model.Describe()}: the smallest run (rank {least.Rank} over an {least.Quantise} base, one row at a time) needs about {MemorySize.Text(needs)}. Take a smaller model, shorter rows (max_length) or more memory.");
    }
}

using System.Globalization;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Rollouts;
using Alignment.ModelCore.Training;

namespace Alignment.RewardModeling.Recipes;

/// <summary>
/// The end of a reward run: scores of the training answers for the scale, the held-out report, and a checkpoint with both beside its weights
/// (<c>reward.json</c>, <c>reward-report.json</c>).
/// </summary>
internal static class RewardCheckpoint
{
    private const int ScaleGroups = 512;

    public static TrainingResult Publish(
        TunedModel<ScoringModel> tuned, RewardOptions options, RunInputs inputs, TrainingRun run, TrainingFolders folders, RowEncoder encoder, IReadOnlyList<PromptAnswers> groups, TieParameter? tie, IMetricsSink metrics, CancellationToken cancellation)
    {
        var scale = Scale(tuned.Model, options, groups, encoder.PadId, cancellation) with { TieParameter = tie is null ? double.NaN : tie.For(options).ToDouble() };
        scale = options.Normalise ? scale : scale with { Mean = 0, Std = 1 };
        RewardReport? report = null;
        if (options.Heldout.Count > 0)
        {
            report = RewardReport.Of(EnsembleScores.Of(tuned.Model, scale, folders.Checkpoint, HeldoutPairs.Read(options, encoder), encoder.PadId, cancellation));
            scale = scale with { Temperature = report.Temperature };
            metrics.Event(new(run.StepsDone, "heldout", report.Say()));
        }

        metrics.Event(new(run.StepsDone, "scale", options.Normalise
            ? string.Create(CultureInfo.InvariantCulture, $"raw scores of training answers have mean {scale.Mean:0.000} and standard deviation {scale.Std:0.000}; the finished model's scores are normalised by them")
            : "the finished model's scores are as they come"));
        return run.Publish(tuned, "reward", options, inputs, folders, folder =>
        {
            scale.Save(folder);
            report?.Save(folder);
        });
    }

    /// <summary>Mean and standard deviation over the answers to some of the training prompts.</summary>
    private static RewardScale Scale(ScoringModel model, RewardOptions options, IReadOnlyList<PromptAnswers> groups, int padId, CancellationToken cancellation)
    {
        var sample = new Shuffle(options.Seed, -3).Permutation(groups.Count).Take(ScaleGroups).Select(i => groups[i]).ToList();
        var combined = new RewardScale(UncertaintyPenalty: options.UncertaintyPenalty, Combine: options.Combine, Members: options.Members == 1 ? null : RewardMembers.Names(options));
        var (mean, std) = RewardScale.Spread([.. RewardScoring.Heads(model, sample, padId, cancellation).SelectMany(g => g.Select(h => combined.Combined(h)))]);
        return combined with { Mean = mean, Std = Math.Max(std, 1e-6) };
    }
}

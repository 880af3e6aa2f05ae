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
        var scale = Scale(tuned.Model, options, groups, encoder.PadId, cancellation) with
        {
            UncertaintyPenalty = options.UncertaintyPenalty, TieParameter = tie is null ? double.NaN : tie.For(options).ToDouble(),
        };
        RewardReport? report = null;
        if (options.Heldout.Count > 0)
        {
            report = RewardReport.Of(tuned.Model, HeldoutPairs.Read(options, encoder), encoder.PadId, cancellation);
            scale = scale with { Temperature = report.Temperature };
            metrics.Event(new(run.StepsDone, "heldout", report.Say()));
        }

        metrics.Event(new(run.StepsDone, "scale", string.Create(CultureInfo.InvariantCulture, $"raw scores of training answers have mean {scale.Mean:0.000} and standard deviation {scale.Std:0.000}{(options.Normalise ? "; the finished model's scores are normalised by them" : "")}")));
        return run.Publish(tuned, "reward", options, inputs, folders, folder =>
        {
            (options.Normalise ? scale : scale with { Mean = 0, Std = 1 }).Save(folder);
            report?.Save(folder);
        });
    }

    /// <summary>Mean and standard deviation over the answers to some of the training prompts.</summary>
    private static RewardScale Scale(ScoringModel model, RewardOptions options, IReadOnlyList<PromptAnswers> groups, int padId, CancellationToken cancellation)
    {
        var sample = new Shuffle(options.Seed, -3).Permutation(groups.Count).Take(ScaleGroups).Select(i => groups[i]).ToList();
        var scores = RewardScoring.Heads(model, sample, padId, cancellation).SelectMany(g => g.Select(h => RewardScale.Spread(h).Mean)).ToArray();
        var (mean, std) = RewardScale.Spread(scores);
        return new(mean, Math.Max(std, 1e-6));
    }
}

using Alignment.ModelCore.Rollouts;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Recipes.Online;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Recipes.OnlinePreference;

/// <summary>Two answers to each of B prompts: the policy's own first, then the opponent's. Tensors (2B, R).</summary>
/// <param name="Scores">2B: penalties subtracted.</param>
internal sealed record PreferenceBatch(IReadOnlyList<Trajectory> Trajectories, int Width, Tensor RefLogProbs, double[] Scores)
{
    public int Pairs => Trajectories.Count / 2;

    /// <summary>Of the policy's own answers.</summary>
    public IReadOnlyDictionary<string, double> Metrics { get; private init; } = new Dictionary<string, double>();

    public static PreferenceBatch Sample(PreferenceParts parts, OnlinePreferenceOptions options, TrainingRun run, CancellationToken cancellation)
    {
        var rows = run.MicroBatches.SelectMany(m => m).ToList();
        List<Trajectory> all =
        [
            .. parts.Own.Sample(run.BatchesDone, rows, run.StepsDone, cancellation),
            .. parts.Other(run.Epoch).Sample(run.BatchesDone, rows, run.StepsDone, cancellation).Select(t => t with { Sample = 1 }),
        ];
        var table = parts.Scorer.Score(all, cancellation);
        var sums = table.Sums();
        var unscored = Array.FindIndex(sums, double.IsNaN);
        if (unscored >= 0)
        {
            throw new RewardException(string.Join(", ", parts.Scorer.Names), $"gave no score for answer {unscored + 1} of {sums.Length}; pairs need both.");
        }

        var width = ResponseForward.Width(all);
        var reference = ForwardBatches.Run(all, options.RolloutBatchSize, t => parts.Reference.Use(m => ResponseForward.LogProbs(m, t, width, parts.PadId, new() { Statistics = false }).LogProbs));
        double[] scores = [.. sums.Select((s, i) => all[i].Ended ? s : s - options.MissingEosPenalty)];
        var own = all.Count / 2;
        return new(all, width, reference, scores) { Metrics = RolloutMetrics.Of(parts.Scorer.Names, table with { Rewards = [.. table.Rewards.Take(own)] }, scores[..own], [.. all.Take(own)]) };
    }

    /// <summary>The pairs at these places, again the own answers first.</summary>
    public PreferenceBatch Take(IReadOnlyList<int> pairs)
    {
        int[] rows = [.. pairs, .. pairs.Select(p => p + Pairs)];
        return new([.. rows.Select(r => Trajectories[r])], Width, RefLogProbs.index_select(0, tensor(rows.Select(r => (long)r).ToArray())), [.. rows.Select(r => Scores[r])]);
    }
}

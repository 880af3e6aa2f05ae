using Alignment.ModelCore.Advantages;
using Alignment.ModelCore.Rollouts;
using Alignment.ModelCore.Training;

namespace Alignment.PolicyOptimization.Recipes.Group;

/// <summary>The scored responses of one sampling, groups in the order of the prompts.</summary>
/// <param name="Resampled">Share of the prompts that were answered anew because their answers were all worth the same.</param>
internal sealed record GroupRollout(IReadOnlyList<Trajectory> Trajectories, RewardTable Table, double Resampled)
{
    // Far beyond any run's number of batches, so that an answer drawn anew never repeats another batch's stream.
    private const int Stride = 10_000_019;

    public static GroupRollout Draw(GroupParts parts, GroupOptions options, TrainingRun run, IReadOnlyList<int> rows, CancellationToken cancellation)
    {
        var drawn = Once(parts, options, run, run.BatchesDone, rows, cancellation);
        var size = options.SamplesPerPrompt;
        var again = 0.0;
        for (var attempt = 1; attempt <= options.ResampleEqualGroups; attempt++)
        {
            var sums = drawn.Table.Sums();
            int[] equal = [.. Enumerable.Range(0, rows.Count).Where(g => sums.AsSpan(g * size, size).ToArray() is var own && own.Max() - own.Min() <= 1e-8)];
            if (equal.Length == 0)
            {
                break;
            }

            again += (double)equal.Length / rows.Count;
            var others = Once(parts, options, run, run.BatchesDone + (attempt * Stride), [.. equal.Select(g => rows[g])], cancellation);
            Trajectory[] trajectories = [.. drawn.Trajectories];
            double[][] rewards = [.. drawn.Table.Rewards];
            for (var i = 0; i < others.Trajectories.Count; i++)
            {
                var at = (equal[i / size] * size) + (i % size);
                (trajectories[at], rewards[at]) = (others.Trajectories[i], others.Table.Rewards[i]);
            }

            drawn = new(trajectories, drawn.Table with { Rewards = rewards }, again);
        }

        return drawn with { Resampled = again };
    }

    private static GroupRollout Once(GroupParts parts, GroupOptions options, TrainingRun run, int batch, IReadOnlyList<int> rows, CancellationToken cancellation)
    {
        var trajectories = parts.Rollouts.Sample(batch, rows, run.StepsDone, cancellation);
        return new(trajectories, GroupPenalties.Add(options, parts.Scorer.Score(trajectories, cancellation), trajectories), 0);
    }
}

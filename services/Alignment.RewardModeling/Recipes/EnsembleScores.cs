using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Rollouts;
using static TorchSharp.torch;

namespace Alignment.RewardModeling.Recipes;

/// <summary>Held-out pairs with their margins.</summary>
/// <param name="Margins">Chosen less rejected of each pair, for each head or member.</param>
/// <param name="Combined">Chosen less rejected of each pair, as the finished model scores.</param>
internal sealed record EnsembleScores(IReadOnlyList<HeldoutPair> Pairs, double[][] Margins, double[] Combined)
{
    /// <param name="scale">The finished model's; its members lie below <paramref name="folder"/> and score normalised, as they do in use.</param>
    public static EnsembleScores Of(ScoringModel model, RewardScale scale, string folder, IReadOnlyList<HeldoutPair> pairs, int padId, CancellationToken cancellation)
    {
        var own = RewardScoring.Heads(model, [.. pairs.Select(p => p.Answers)], padId, cancellation);
        if (scale.Members is { } members)
        {
            own = [.. own.Select(pair => pair.Select(h => new[] { scale.Of(h) }).ToArray())];
            foreach (var member in members)
            {
                Add(own, Path.Combine(folder, member), pairs, padId, cancellation);
            }
        }

        return new(pairs, [.. own.Select(s => s[0].Zip(s[1], (c, r) => c - r).ToArray())], [.. own.Select(s => scale.Combined(s[0]) - scale.Combined(s[1]))]);
    }

    private static void Add(double[][][] all, string folder, IReadOnlyList<HeldoutPair> pairs, int padId, CancellationToken cancellation)
    {
        using var model = CheckpointReader.LoadScoring(folder, ScalarType.Float32);
        var scale = RewardScale.Load(folder);
        foreach (var (pair, scores) in all.Zip(RewardScoring.Heads(model, [.. pairs.Select(p => p.Answers)], padId, cancellation)))
        {
            for (var side = 0; side < 2; side++)
            {
                pair[side] = [.. pair[side], scale.Of(scores[side])];
            }
        }
    }
}

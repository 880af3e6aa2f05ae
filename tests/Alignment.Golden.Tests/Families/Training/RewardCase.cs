using System.Text.Json;
using Alignment.ModelCore.Data;
using Alignment.RewardModeling.Recipes;

namespace Alignment.Golden.Tests.Families.Training;

/// <summary>Pairwise reward models.</summary>
internal sealed class RewardCase : ITrainingCase
{
    public string Trainer => "reward";

    public IReadOnlyDictionary<string, string?> Keys { get; } =
        new Dictionary<string, string?>(StringComparer.Ordinal) { ["center_rewards_coefficient"] = "center_rewards_coefficient", ["_margin"] = null };

    public TrainedCase Run(TrainingFixture f)
    {
        var options = f.Options<RewardOptions>();
        using var tuned = f.TunedScoring(options, "reward");
        var pairs = f.Rows.Select(r => new TokenPair([], TrainingFixture.Ids(r, "chosen_ids"), TrainingFixture.Ids(r, "rejected_ids"), Margin(r))).Where(p => p.Length <= options.MaxLength).ToList();
        return f.Train(options, tuned.Trainable, pairs.Select(p => p.Length), run => RewardRecipe.Train(tuned.Model, pairs, options, run, 0, CancellationToken.None));
    }

    private static double Margin(JsonElement row) => row.TryGetProperty("margin", out var m) ? m.GetDouble() : double.NaN;
}

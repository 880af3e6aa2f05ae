using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Training;

namespace Alignment.RewardModeling.Recipes;

/// <summary>Keys of pairwise reward modelling; defaults are TRL's unless said otherwise.</summary>
public sealed class RewardOptions : TrainingOptions
{
    public RewardOptions() => LearningRate = 1e-4;

    [Option("Pulls the mean of the two scores of a pair towards 0, by this weight; 0 is off.", Min = 0, Max = 10, Source = "TRL: off, 0.01 advised")]
    public double CenterRewardsCoefficient { get; init; }

    [Option("Use the margins of the data: r_chosen should exceed r_rejected by the margin.", Source = "TRL: where the column exists")]
    public bool UseMargins { get; init; } = true;
}

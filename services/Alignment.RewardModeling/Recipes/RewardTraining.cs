using System.Text.Json.Nodes;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Training;

namespace Alignment.RewardModeling.Recipes;

/// <summary>A checked run of a reward model: its options, and what reads their data and trains.</summary>
public sealed record RewardRun(TrainingOptions Options, IReadOnlyList<string> Heldout, Func<TrainingFolders, IMetricsSink, CancellationToken, TrainingResult> Train);

/// <summary>Reward models by name, <c>align train NAME</c> and the <c>method</c> of a job row alike.</summary>
public static class RewardTraining
{
    public const string Pairs = "reward", Steps = "prm";

    /// <summary>Checks the keys; nothing is loaded before <see cref="RewardRun.Train"/> is called. Null for a method that is not there.</summary>
    /// <exception cref="OptionsException">The keys are unknown, out of range or contradictory.</exception>
    public static RewardRun? Prepare(string method, JsonObject keys) => method switch { Pairs => Reward(keys), Steps => Process(keys), _ => null };

    private static RewardRun Reward(JsonObject keys)
    {
        var options = OptionBinder.Bind<RewardOptions>(keys);
        return new(options, options.Heldout, (folders, metrics, cancellation) =>
        {
            RewardMembers.Train(options, keys, folders, metrics, cancellation);
            return One(options, folders, metrics, cancellation);
        });
    }

    private static RewardRun Process(JsonObject keys)
    {
        var options = OptionBinder.Bind<ProcessRewardOptions>(keys);
        return new(options, options.Heldout, (folders, metrics, cancellation) => ProcessRewardRecipe.Run(options, StepwiseReader.Read(options.Data), folders, metrics, cancellation));
    }

    /// <summary>A single model.</summary>
    internal static TrainingResult One(RewardOptions options, TrainingFolders folders, IMetricsSink metrics, CancellationToken cancellation) => options.Ranks
        ? RankingRewardRecipe.Run(options, RankingReader.Read(options.Data), folders, metrics, cancellation)
        : RewardRecipe.Run(options, PreferenceReader.Read(options.Data), folders, metrics, cancellation);
}

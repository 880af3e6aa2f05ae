using Alignment.ModelCore.Adapters;
using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Rollouts;
using Alignment.PolicyOptimization.Rewards;

namespace Alignment.PolicyOptimization.Recipes.Online;

/// <summary>All rewards that a job file names: reward models, and the sources of its section.</summary>
public static class RunRewards
{
    /// <exception cref="OptionsException">No source is named, or a folder holds no reward model.</exception>
    public static RewardSet Open(OnlineOptions options)
    {
        Check(options);
        foreach (var folder in options.RewardModels.Where(f => AdapterFolder.Is(f) || File.Exists(Path.Combine(f, "config.json"))))
        {
            if (AdapterOpening.ConfigOf(folder) is { Rope: null } scorer && scorer.MaxPositions < options.MaxLength)
            {
                throw new OptionsException([$"max_length is {options.MaxLength}, and the reward model in {folder} has learned {scorer.MaxPositions} positions. Set it to at most {scorer.MaxPositions}."]);
            }
        }

        IEnumerable<WeightedReward> others = options.Reward.Sources.Count == 0 ? [] : RewardSources.Create(options.Reward, options.Model).Rewards;
        return new([.. options.RewardModel.Select((f, i) => new WeightedReward(RewardModelSource.Load(f, options.Model, options.RolloutBatchSize), options.RewardWeights.Count == 0 ? 1 : options.RewardWeights[i])), .. others]);
    }

    /// <summary>Whether there is a reward at all, and the folders hold reward models; loads none.</summary>
    /// <exception cref="OptionsException">No source is named, or a folder holds no reward model.</exception>
    public static void Check(OnlineOptions options)
    {
        if (options.RewardModel.Count == 0 && options.Reward.Sources.Count == 0)
        {
            throw new OptionsException(["reward_model is missing: name the folder of a reward model (align train reward makes one), or other rewards in reward.sources."]);
        }

        foreach (var folder in options.RewardModel.Where(f => !File.Exists(Path.Combine(f, "config.json")) && !AdapterFolder.Is(f)))
        {
            throw new OptionsException([$"reward_model: {folder} has no config.json. Name a checkpoint folder in Hugging Face layout."]);
        }

        foreach (var folder in options.RewardModel.Where(f => !AdapterFolder.Is(f) && DecoderConfig.Load(f).Head == HeadKind.Language))
        {
            throw new OptionsException([$"reward_model: {folder} holds a language model, which gives no scores. Train a reward model from it: align train reward."]);
        }
    }
}

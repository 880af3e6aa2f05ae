using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Recipes.Ppo;

/// <summary>The model that learns what a response is worth from its beginning on; it reads the policy's ids.</summary>
internal static class PpoCritic
{
    public static TunedModel<ScoringModel> Open(PpoOptions options, CausalModel policy)
    {
        var folder = options.Critic.Length > 0 ? options.Critic : options.RewardModels.FirstOrDefault(f => Fits(f, policy)) ?? options.Model;
        var critic = CheckpointReader.LoadScoring(folder, new LoadOptions { DType = ScalarType.Float32, NewHeadSeed = (ulong)options.Seed, NewHeadLabels = 1 }, out _);
        if (critic.Config.LabelCount != 1 || critic.Config.VocabularySize != policy.Config.VocabularySize)
        {
            throw new OptionsException([$"critic: {folder} has {critic.Config.LabelCount} scores over {critic.Config.VocabularySize} tokens; one score over the policy's {policy.Config.VocabularySize} tokens is needed."]);
        }

        return TunedModel.Scoring(critic, options);
    }

    private static bool Fits(string folder, CausalModel policy)
    {
        var config = ModelCore.Adapters.AdapterOpening.ConfigOf(folder);
        return config.Head != ModelCore.Architectures.HeadKind.Language && config.LabelCount == 1 && config.VocabularySize == policy.Config.VocabularySize;
    }
}

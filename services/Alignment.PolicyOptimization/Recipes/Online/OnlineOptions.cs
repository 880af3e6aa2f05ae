using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Rollouts;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Rewards;

namespace Alignment.PolicyOptimization.Recipes.Online;

/// <summary>The keys that every method shares which learns from its own responses.</summary>
public abstract class OnlineOptions : TrainingOptions
{
    protected OnlineOptions()
    {
        LearningRate = 1e-6;
        Epochs = 1;
        Evaluation = new() { Metric = PromptEvaluation.Reward };
    }

    [Option("Folder of the reward model, or a list of them whose scores are added up. Required unless reward.sources names rewards.")]
    public IReadOnlyList<string> RewardModel { get; init; } = [];

    [Option("Weight of each reward model in the sum; empty: 1 each.", Min = -1000, Max = 1000, Source = "TRL: 1 each")]
    public IReadOnlyList<double> RewardWeights { get; init; } = [];

    [Option("Folder of the reference checkpoint; empty: the starting checkpoint itself.")]
    public string Reference { get; init; } = "";

    [Option("Longest response.", Min = 1, Max = 1_048_576, Unit = "tokens", Source = "TRL: 53 (PPO), 256 (GRPO, RLOO), 64 (online DPO); best-of-n: chosen here")]
    public int MaxNewTokens { get; set; } = 64;

    [Option("Shortest response: no end token before.", Min = 0, Max = 1_048_576, Unit = "tokens")]
    public int MinNewTokens { get; init; }

    [Option("Sampling temperature; log-probabilities are taken at the same.", Min = 0, AboveMin = true, Max = 100, Source = "TRL: 0.7 (PPO), 0.9 (online DPO), 1 (GRPO, RLOO)")]
    public double Temperature { get; set; } = 1;

    [Option("Draw among this many best tokens; 0 among all.", Min = 0, Source = "TRL: 0")]
    public int TopK { get; init; }

    [Option("Draw among the best tokens of this total probability.", Min = 0, AboveMin = true, Max = 1, Source = "TRL: 1")]
    public double TopP { get; init; } = 1;

    [Option("Leave out tokens less likely than this share of the best one.", Min = 0, Max = 1, Source = "TRL: off")]
    public double MinP { get; init; }

    [Option("Texts that end a response.")]
    public IReadOnlyList<string> StopStrings { get; init; } = [];

    [Option("Log-probabilities at sampling: from a forward pass of the policy as training makes it, or as the sampler saw them, which saves that pass.", Choices = "policy|sampler", Source = "TRL: policy (GRPO), sampler (PPO)")]
    public string OldLogProbs { get; init; } = "policy";

    [Option("Sequences sampled or scored at once; changes speed and memory only.", Min = 1, Max = 65536, Unit = "sequences", Source = "TRL: 64")]
    public int RolloutBatchSize { get; init; } = 64;

    [Option("Prompts that leave no room for max_new_tokens within max_length: refuse the run, or drop them and say how many.", Choices = "refuse|drop")]
    public string LongPrompts { get; init; } = "refuse";

    [Option("Subtracted from the score of a response that did not end by itself.", Min = 0, Source = "TRL: off; its examples: 1")]
    public double MissingEosPenalty { get; init; }

    /// <summary>Rewards besides reward models: rules, functions, endpoints, judges.</summary>
    [OptionGroup]
    public RewardSourceOptions Reward { get; init; } = new();

    /// <summary>Folders of every reward model that is named.</summary>
    public IEnumerable<string> RewardModels => RewardModel.Concat(Reward.Sources.Where(s => s.StartsWith("model:", StringComparison.Ordinal)).Select(s => s["model:".Length..]));

    /// <summary>How the policy is sampled, with these tokens ending a response.</summary>
    public SamplingOptions Sampling(int samplesPerPrompt, IEnumerable<int> endTokenIds) => new(samplesPerPrompt, MaxNewTokens, [.. endTokenIds.Order()], Seed, RolloutBatchSize)
    {
        Temperature = Temperature, TopK = TopK, TopP = TopP, MinP = MinP, MinNewTokens = MinNewTokens, StopStrings = StopStrings,
    };

    protected override string? NothingToSmooth => "answers are drawn and weighed by rewards here; there are no targets to smooth.";

    public override IEnumerable<string> Contradictions(IReadOnlySet<string> given)
    {
        foreach (var problem in base.Contradictions(given))
        {
            yield return problem;
        }

        if (RewardWeights.Count > 0 && RewardWeights.Count != RewardModel.Count)
        {
            yield return $"reward_weights has {RewardWeights.Count} numbers for {RewardModel.Count} reward models.";
        }

        if (MaxNewTokens >= MaxLength)
        {
            yield return $"max_new_tokens ({MaxNewTokens}) must be below max_length ({MaxLength}): the prompt needs room.";
        }

        if (OldLogProbs == "sampler" && (TopK > 0 || TopP < 1 || MinP > 0 || MinNewTokens > 0))
        {
            yield return "old_log_probs: sampler are those of the filtered distribution, and training sees the whole one. Use policy, or sample without top_k, top_p, min_p and min_new_tokens.";
        }

        if (MinNewTokens > MaxNewTokens)
        {
            yield return $"min_new_tokens ({MinNewTokens}) is above max_new_tokens ({MaxNewTokens}).";
        }
    }
}

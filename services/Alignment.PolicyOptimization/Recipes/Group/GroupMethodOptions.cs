namespace Alignment.PolicyOptimization.Recipes.Group;

/// <summary>RLOO's defaults (Ahmadian et al. 2024; TRL).</summary>
public sealed class RlooOptions : GroupOptions
{
    public RlooOptions() => (SamplesPerPrompt, Advantages, Loss, Beta, KlIn) = (2, "leave_one_out", "rloo", .05, "reward");
}

/// <summary>REINFORCE++'s defaults (Hu 2025; OpenRLHF): one response a prompt, KL per token in the reward, token-level clipping.</summary>
public sealed class ReinforcePlusPlusOptions : GroupOptions
{
    public ReinforcePlusPlusOptions() => (SamplesPerPrompt, Advantages, Beta, KlIn) = (1, "reinforce_pp", .01, "reward");
}

/// <summary>ReMax's defaults (Li et al. 2024): one response a prompt against the greedy one.</summary>
public sealed class ReMaxOptions : GroupOptions
{
    public ReMaxOptions() => (SamplesPerPrompt, Advantages, Beta, KlIn) = (1, "remax", .05, "reward");
}

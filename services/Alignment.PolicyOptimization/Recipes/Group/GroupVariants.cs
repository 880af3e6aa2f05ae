using System.Text.Json.Nodes;

namespace Alignment.PolicyOptimization.Recipes.Group;

/// <summary>The settings that published recipes stand for; a key that the job file sets keeps its value.</summary>
public static class GroupVariants
{
    public const string Names = "grpo|dapo|dr_grpo|bnpo|gspo|cispo|sapo|luspo|vespo|gdpo|opo|gpg|pass_at_k";

    private static readonly Dictionary<string, (string Key, JsonNode Value)[]> Settings = new(StringComparer.Ordinal)
    {
        // Shao et al. 2024: mean of per-sequence means, k3 KL in the loss.
        ["grpo"] = [("loss", "grpo"), ("beta", .04)],

        // Yu et al. 2025: token mean, wider upper clip, unfinished and uninformative responses left out, no KL.
        ["dapo"] = [("loss", "dapo"), ("epsilon_high", .28), ("mask_truncated", true), ("filter_equal_groups", true), ("beta", 0)],

        // Liu et al. 2025: constant denominator, no division by the deviation.
        ["dr_grpo"] = [("loss", "dr_grpo"), ("scale_rewards", "none")],
        ["bnpo"] = [("loss", "bnpo")],

        // Zheng et al. 2025: ratio of the sequence.
        ["gspo"] = [("loss", "grpo"), ("ratio_level", "sequence"), ("epsilon", 3e-4), ("epsilon_high", 4e-4), ("beta", 0)],

        // MiniMax-M1 2025: clipped weights, every token keeps its gradient.
        ["cispo"] = [("loss", "cispo"), ("epsilon_high", 5.0)],
        ["sapo"] = [("loss", "sapo")],
        ["luspo"] = [("loss", "luspo"), ("ratio_level", "sequence"), ("epsilon", 3e-4), ("epsilon_high", 4e-4)],
        ["vespo"] = [("loss", "vespo")],
        ["gdpo"] = [("reward_aggregation", "normalize_then_sum")],
        ["opo"] = [("advantages", "opo")],
        ["gpg"] = [("advantages", "gpg")],
        ["pass_at_k"] = [("advantages", "pass_at_k")],
    };

    /// <summary>The keys with the variant's settings filled in.</summary>
    public static JsonObject Expand(JsonObject keys)
    {
        var all = (JsonObject)keys.DeepClone();
        foreach (var (key, value) in Settings.GetValueOrDefault(keys["variant"]?.ToString() ?? "") ?? [])
        {
            all.TryAdd(key, value.DeepClone());
        }

        return all;
    }
}

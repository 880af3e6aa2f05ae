using System.Text.Json.Nodes;
using Alignment.ModelCore.Configuration;

namespace Alignment.ModelCore.Training;

/// <summary>Refuses to go on from the state of a different run, naming what differs.</summary>
internal static class RunIdentity
{
    // Paths may move, and how often a run saves, measures, asks an endpoint again or how many threads it uses does not make it another run.
    public static IReadOnlySet<string> MayDiffer { get; } = new HashSet<string>
    {
        "model", "data", "save_every", "log_every", "threads", "reference", "reference_cache", "heldout", "guards.probe_data", "evaluation.data", "reward_model", "critic",
        "reward.timeout", "reward.retries", "reward.retry_delay", "reward.request_size", "reward.judge_key_variable",
        "regularisation.ewc_data", "regularisation.ewc_fisher", "regularisation.kl_base_data", "regularisation.replay_data", "regularisation.general",
    };

    public static void Check(JsonObject saved, JsonObject now, string folder)
    {
        var differences = new List<string>();
        if (saved["recipe"]!.GetValue<string>() != now["recipe"]!.GetValue<string>())
        {
            differences.Add($"it is of {Method(saved)}, this run is {Method(now)}");
        }
        else
        {
            var (before, after) = (saved["options"]!.AsObject(), now["options"]!.AsObject());
            differences.AddRange(after.Where(k => !MayDiffer.Contains(k.Key) && !JsonNode.DeepEquals(before[k.Key], k.Value))
                .Select(k => $"{k.Key} was {before[k.Key]?.ToJsonString() ?? "unset"} and is {k.Value?.ToJsonString() ?? "unset"}"));
        }

        differences.AddRange(new[] { ("data", "the data are others"), ("model", "the starting checkpoint is another") }
            .Where(x => !JsonNode.DeepEquals(saved[x.Item1], now[x.Item1])).Select(x => x.Item2));
        if (differences.Count > 0)
        {
            throw new OptionsException([$"{folder} holds the state of a different run: {string.Join("; ", differences)}. Use the same settings to resume, another folder for a new run, or delete {folder} to start over."]);
        }
    }

    // The options' class names the method: DpoRecipeOptions is dpo.
    private static string Method(JsonObject run) => run["recipe"]!.GetValue<string>().Replace("Options", "", StringComparison.Ordinal).Replace("Recipe", "", StringComparison.Ordinal).ToLowerInvariant();
}

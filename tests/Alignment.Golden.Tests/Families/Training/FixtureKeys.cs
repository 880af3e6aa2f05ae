using System.Text.Json;
using System.Text.Json.Nodes;
using Alignment.Golden.Tests.Harness;

namespace Alignment.Golden.Tests.Families.Training;

/// <summary>A fixture's <c>configuration</c> as a job file's keys.</summary>
internal static class FixtureKeys
{
    private static readonly Dictionary<string, string?> Shared = new(StringComparer.Ordinal)
    {
        ["max_steps"] = "max_steps", ["per_device_train_batch_size"] = "batch_size", ["gradient_accumulation_steps"] = "gradient_accumulation", ["learning_rate"] = "learning_rate",
        ["lr_scheduler_type"] = "schedule", ["warmup_steps"] = "warmup_steps", ["weight_decay"] = "weight_decay", ["adam_beta1"] = "adam_beta1", ["adam_beta2"] = "adam_beta2",
        ["adam_epsilon"] = "adam_epsilon", ["max_grad_norm"] = "max_grad_norm", ["max_length"] = "max_length",

        // These say what the product does anyway.
        ["optim"] = null, ["train_sampling_strategy"] = null, ["remove_unused_columns"] = null, ["_lora"] = null,
    };

    public static JsonObject Of(GoldenCase c, IReadOnlyDictionary<string, string?> own, IEnumerable<(string Key, JsonNode Value)> overrides)
    {
        var keys = new JsonObject { ["order"] = "sequential", ["log_every"] = 1, ["save_every"] = 0 };
        foreach (var p in c.Json.GetProperty("configuration").EnumerateObject())
        {
            if (!own.TryGetValue(p.Name, out var key) && !Shared.TryGetValue(p.Name, out key))
            {
                throw new UnsupportedCaseException($"configuration key {p.Name}");
            }

            if (key is not null && p.Value.ValueKind != JsonValueKind.Null)
            {
                keys[key] = JsonNode.Parse(p.Value.GetRawText());
            }
        }

        // Neither warm-up nor a schedule that ignores it is a contradiction in a fixture that lists every default.
        if (keys["warmup_steps"]?.GetValue<int>() == 0)
        {
            keys.Remove("warmup_steps");
        }

        foreach (var (key, value) in overrides)
        {
            keys[key] = value.DeepClone();
        }

        return keys;
    }
}

using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Alignment.ModelCore.Training.Advice;

/// <summary>The settings an advice is about; everything else keeps its default or what the request sets.</summary>
/// <param name="Method">A value of <c>tuning.method</c>.</param>
/// <param name="Quantise">A value of <c>tuning.quantise</c>.</param>
/// <param name="BatchSize">Rows of a micro-batch.</param>
/// <param name="MaxNewTokens">Longest answer of a recipe that samples its own; 0: it samples none.</param>
public sealed record AdvisedSettings(string Method, int Rank, string Quantise, string Compute, int BatchSize, int Accumulation, int MaxLength, double LearningRate, int MaxNewTokens = 0)
{
    public bool IsAdapter => Method is not ("full" or "freeze");

    /// <summary>The job file's keys.</summary>
    public JsonObject Keys(AdviceRequest request)
    {
        var keys = new JsonObject
        {
            ["model"] = request.Model, ["data"] = request.Data.Count == 1 ? request.Data[0] : new JsonArray([.. request.Data.Select(d => (JsonNode)d)]),
            ["max_length"] = MaxLength, ["batch_size"] = BatchSize, ["gradient_accumulation"] = Accumulation, ["learning_rate"] = LearningRate, ["compute"] = Compute,
        };
        if (request.MaxSteps > 0)
        {
            keys["max_steps"] = request.MaxSteps;
        }

        if (MaxNewTokens > 0)
        {
            keys["max_new_tokens"] = MaxNewTokens;
        }

        if (IsAdapter)
        {
            var tuning = new JsonObject { ["method"] = Method };
            if (Method == "lora")
            {
                (tuning["rank"], tuning["alpha"]) = (Rank, 2 * Rank);
            }

            if (Quantise != "none")
            {
                tuning["quantise"] = Quantise;
            }

            keys["tuning"] = tuning;
        }

        foreach (var (key, value) in request.Set)
        {
            Put(keys, key, value?.DeepClone());
        }

        return keys;
    }

    // tuning.rank goes into the section that is there.
    private static void Put(JsonObject keys, string key, JsonNode? value)
    {
        var (section, inner) = key.Split('.', 2) is [var s, var i] ? (s, i) : ("", key);
        if (section.Length == 0)
        {
            keys[key] = value;
        }
        else if (keys[section] is JsonObject there)
        {
            there[inner] = value;
        }
        else
        {
            keys[section] = new JsonObject { [inner] = value };
        }
    }

    /// <summary>The same as a <c>job.yaml</c>.</summary>
    public static string Yaml(JsonObject keys)
    {
        var text = new StringBuilder();
        foreach (var (key, value) in keys)
        {
            if (value is JsonObject section)
            {
                text.Append(CultureInfo.InvariantCulture, $"{key}:\n");
                foreach (var (inner, leaf) in section)
                {
                    text.Append(CultureInfo.InvariantCulture, $"  {inner}: {Leaf(leaf)}\n");
                }
            }
            else
            {
                text.Append(CultureInfo.InvariantCulture, $"{key}: {Leaf(value)}\n");
            }
        }

        return text.ToString();
    }

    private static string Leaf(JsonNode? value) => value switch
    {
        JsonArray list => $"[{string.Join(", ", list.Select(Leaf))}]",
        JsonValue v when v.TryGetValue<string>(out var s) => s.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '/' or '.' or '-') && s.Length > 0 && !char.IsAsciiDigit(s[0]) && s[0] != '-' ? s : $"\"{s.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\"",
        _ => value?.ToJsonString() ?? "",
    };
}

using System.Text.Json;
using System.Text.Json.Nodes;
using Alignment.Text.Templates;
using Alignment.Text.Tokenization;

namespace Alignment.ModelCore.Data.Preparation;

/// <summary>A chat template with the special tokens of its tokenizer: message lists to texts and ids.</summary>
public sealed class ChatTexts(ChatTemplate template, IReadOnlyDictionary<string, string> specialTokens)
{
    private static readonly string[][] Types =
        [["messages"], ["prompt"], ["completion", "prompt"], ["chosen", "prompt", "rejected"], ["chosen", "rejected"], ["completion", "label", "prompt"]];

    /// <summary>With the template and special tokens of the tokenizer's own folder; null when it has no template.</summary>
    public static ChatTexts? Of(Tokenizer tokenizer) => tokenizer.Settings.ChatTemplate is { } t ? new(ChatTemplate.Parse(t), SpecialTokens(tokenizer.Settings)) : null;

    /// <summary>The variables bos_token, eos_token, … of a tokenizer.</summary>
    public static Dictionary<string, string> SpecialTokens(TokenizerSettings s) => new (string Name, string? Token)[]
    {
        ("bos_token", s.BosToken), ("eos_token", s.EosToken), ("unk_token", s.UnknownToken), ("sep_token", s.SepToken),
        ("pad_token", s.PadToken), ("cls_token", s.ClsToken), ("mask_token", s.MaskToken),
    }.Where(t => t.Token is not null).ToDictionary(t => t.Name, t => t.Token!, StringComparer.Ordinal);

    /// <summary>The rendered conversation. Tools and chat_template_kwargs come from the row.</summary>
    public RenderedChat Render(IEnumerable<JsonNode?> messages, JsonObject row, bool addGenerationPrompt = false, bool continueFinal = false) => template.Render(new()
    {
        Messages = Element(new JsonArray([.. messages.Select(m => m?.DeepClone())])),
        Tools = Tools(row),
        Variables = row["chat_template_kwargs"] is JsonObject variables ? Element(variables) : null,
        AddGenerationPrompt = addGenerationPrompt,
        ContinueFinalMessage = continueFinal,
        SpecialTokens = specialTokens,
    });

    /// <summary>TRL's apply_chat_template: a conversational row becomes a row of texts; the prompt is cut to what it shares with the whole.</summary>
    /// <exception cref="ArgumentException">The columns are of no known dataset type, or the prompt ends with a role nobody answers.</exception>
    public JsonObject Apply(JsonObject row)
    {
        if (!RowFunctions.IsConversational(row))
        {
            return RowFunctions.Copy(row);
        }

        string[] keys = [.. row.Select(p => p.Key).Where(k => k is "prompt" or "chosen" or "rejected" or "completion" or "messages" or "label").Order(StringComparer.Ordinal)];
        if (!Types.Any(t => t.SequenceEqual(keys)))
        {
            throw new ArgumentException($"The columns {string.Join(", ", keys)} are of no known dataset type.");
        }

        var result = new JsonObject();
        if (row["messages"] is JsonArray messages)
        {
            result["text"] = Render(messages, row).Text;
        }

        string[] sides = [.. keys.Where(k => k is "chosen" or "rejected" or "completion")];
        var before = row["prompt"] as JsonArray;
        var whole = sides.ToDictionary(s => s, s => Render([.. before ?? [], .. List(row, s)], row).Text);
        if (before is not null)
        {
            var prompt = whole.Values.Aggregate(Prompt(before, row), CommonPrefix);
            result["prompt"] = prompt;
            foreach (var side in sides)
            {
                result[side] = whole[side][prompt.Length..];
            }
        }
        else
        {
            foreach (var side in sides)
            {
                result[side] = whole[side];
            }
        }

        if (row.ContainsKey("label"))
        {
            result["label"] = row["label"]?.DeepClone();
        }

        return result;
    }

    private static JsonArray List(JsonObject row, string name) => row[name] as JsonArray ?? throw new ArgumentException($"{name} must be a list of messages.");

    private static JsonElement Element(JsonNode node) => JsonSerializer.SerializeToElement(node);

    // A column of tools may hold the list or its JSON text; an empty list counts as none.
    private static JsonElement? Tools(JsonObject row)
    {
        var tools = row["tools"] is JsonValue v && v.TryGetValue<string>(out var text) ? JsonNode.Parse(text) : row["tools"];
        return tools is JsonArray { Count: > 0 } ? Element(tools) : null;
    }

    private static string CommonPrefix(string a, string b)
    {
        var n = 0;
        while (n < Math.Min(a.Length, b.Length) && a[n] == b[n])
        {
            n++;
        }

        return a[..(n > 0 && n < a.Length && char.IsLowSurrogate(a[n]) ? n - 1 : n)];
    }

    private string Prompt(JsonArray prompt, JsonObject row) => prompt.LastOrDefault()?["role"]?.GetValue<string>() switch
    {
        "user" or "tool" => Render(prompt, row, addGenerationPrompt: true).Text,
        "assistant" => Render(prompt, row, continueFinal: true).Text,
        var role => throw new ArgumentException($"Invalid role in the last message of a prompt: {role}."),
    };
}

using System.Text.Json.Nodes;
using Alignment.Text.Templates;
using Alignment.Text.Tokenization;

namespace Alignment.ModelCore.Data.Preparation;

/// <summary>
/// Texts and conversations to ids, by TRL's rules: plain texts get the tokenizer's own special tokens and end with eos,
/// conversations only what the template writes; a completion begins where the ids of the prompt and of the whole part.
/// </summary>
public sealed class RowTokenizer(Tokenizer tokenizer, ChatTexts? chat)
{
    /// <summary>Ids of prompt plus completion, and how many of them are prompt.</summary>
    public (int[] Ids, int Prompt, int[]? AssistantMask) PromptAndCompletion(JsonObject row, string side, bool assistantMask = false)
    {
        if (row["prompt"] is JsonArray prompt)
        {
            var before = Chat().Render(prompt, row, addGenerationPrompt: true).Text;
            var (ids, mask) = Conversation([.. prompt, .. (JsonArray)row[side]!], row, assistantMask);
            return (ids, CommonPrefix(tokenizer.EncodeIds(before, addSpecialTokens: false), ids), mask);
        }

        var text = Text(row, "prompt");
        var whole = tokenizer.EncodeIds(text + Text(row, side));
        return (whole, CommonPrefix(tokenizer.EncodeIds(text), whole), null);
    }

    /// <summary>Ids of a text or a conversation.</summary>
    public (int[] Ids, int[]? AssistantMask) Whole(JsonObject row, string column, bool assistantMask = false) =>
        row[column] is JsonArray messages ? Conversation(messages, row, assistantMask) : (tokenizer.EncodeIds(Text(row, column)), null);

    /// <summary>The row with eos at the end of a text column that lacks it.</summary>
    public JsonObject EndWithEos(JsonObject row, params ReadOnlySpan<string> columns)
    {
        var eos = tokenizer.Settings.EosToken ?? throw new ArgumentException("The tokenizer has no eos_token; tokenizer_config.json must name one.");
        var result = RowFunctions.Copy(row);
        foreach (var column in columns)
        {
            if (result[column] is JsonValue v && v.TryGetValue<string>(out var text) && !text.EndsWith(eos, StringComparison.Ordinal))
            {
                result[column] = text + eos;
            }
        }

        return result;
    }

    private (int[] Ids, int[]? AssistantMask) Conversation(IEnumerable<JsonNode?> messages, JsonObject row, bool assistantMask)
    {
        var rendered = Chat().Render(messages, row);
        var encoded = tokenizer.Encode(rendered.Text, addSpecialTokens: false);
        return (encoded.Ids, assistantMask ? MaskOf(encoded, rendered) : null);
    }

    private static int[] MaskOf(TokenizedText encoded, RenderedChat rendered)
    {
        var mask = AssistantMask.Of(encoded.Offsets, rendered.GenerationSpans);
        return mask.Contains(1) ? mask : throw new ArgumentException(
            "A row has no assistant tokens. The chat template must mark them with {% generation %}; use such a template or train on completions instead.");
    }

    private ChatTexts Chat() => chat ?? throw new ArgumentException("The row is a conversation, but the tokenizer has no chat template.");

    private static string Text(JsonObject row, string column) => row[column] is JsonValue v && v.TryGetValue<string>(out var text) ? text
        : throw new ArgumentException($"Column {column} is missing or not a text.");

    private static int CommonPrefix(int[] a, int[] b)
    {
        var n = 0;
        while (n < Math.Min(a.Length, b.Length) && a[n] == b[n])
        {
            n++;
        }

        return n;
    }
}

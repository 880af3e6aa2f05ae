using System.Text.Json;
using System.Text.Json.Nodes;
using Alignment.Text.Templates;
using Alignment.Text.Tokenization;

namespace Alignment.ModelCore.Data;

/// <summary>Conversations as text through a model's chat template, with the spans that its answers take.</summary>
internal sealed class ChatText
{
    private readonly ChatTemplate template;
    private readonly Dictionary<string, string> specialTokens;

    // strftime_now must not make two runs differ.
    private static readonly DateTimeOffset FixedDay = new(2024, 7, 26, 0, 0, 0, TimeSpan.Zero);

    private ChatText(ChatTemplate template, Dictionary<string, string> specialTokens) => (this.template, this.specialTokens) = (template, specialTokens);

    /// <summary>The template of this tokenizer, or null when it has none.</summary>
    public static ChatText? Find(Tokenizer tokenizer)
    {
        var s = tokenizer.Settings;
        if (s.ChatTemplate is not { } source)
        {
            return null;
        }

        var tokens = new (string Name, string? Token)[] { ("bos_token", s.BosToken), ("eos_token", s.EosToken), ("pad_token", s.PadToken), ("unk_token", s.UnknownToken) };
        return new(ChatTemplate.Parse(source), tokens.Where(t => t.Token is not null).ToDictionary(t => t.Name, t => t.Token!, StringComparer.Ordinal));
    }

    /// <summary>The text that generation continues: every message, then the opening of an assistant turn.</summary>
    public string Prompt(JsonArray messages) => Render(messages, null, opening: true).Text;

    /// <summary>The whole conversation and its answers' spans in code points.</summary>
    public (string Text, IReadOnlyList<(int Start, int End)> Answers) Render(JsonArray messages, JsonArray? tools)
    {
        var whole = Render(messages, tools, opening: false);
        return (whole.Text, whole.GenerationSpans.Count > 0 ? [.. whole.GenerationSpans.Select(s => (s.Start, s.End))] : Differences(whole.Text, messages, tools));
    }

    /// <summary>Without generation blocks: an answer is what the text gains over the prompt before it.</summary>
    private List<(int Start, int End)> Differences(string whole, JsonArray messages, JsonArray? tools)
    {
        var spans = new List<(int, int)>();
        for (var i = 0; i < messages.Count; i++)
        {
            if (messages[i]!["role"]!.GetValue<string>() != "assistant")
            {
                continue;
            }

            var before = i == 0 ? "" : Render(Take(messages, i), tools, opening: true).Text;
            var after = Render(Take(messages, i + 1), tools, opening: false).Text;
            if (!whole.StartsWith(before, StringComparison.Ordinal) || !whole.StartsWith(after, StringComparison.Ordinal))
            {
                throw new InvalidDataException("The chat template has no {% generation %} blocks and rewrites earlier turns, so the answers cannot be told from the prompts. Add the blocks to the template, or set learn: all.");
            }

            spans.Add((CodePoints(before), CodePoints(after)));
        }

        return spans;
    }

    private RenderedChat Render(JsonArray messages, JsonArray? tools, bool opening) => template.Render(new ChatRequest
    {
        Messages = JsonSerializer.SerializeToElement(messages),
        Tools = tools is null ? null : JsonSerializer.SerializeToElement(tools),
        AddGenerationPrompt = opening,
        SpecialTokens = specialTokens,
        Now = FixedDay,
    });

    private static JsonArray Take(JsonArray messages, int count) => new([.. messages.Take(count).Select(m => m!.DeepClone())]);

    private static int CodePoints(string text) => text.Length - text.Count(char.IsLowSurrogate);
}

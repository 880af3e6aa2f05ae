using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.Text.Templates;
using Alignment.Text.Tokenization;

namespace Alignment.Golden.Tests.Families;

/// <summary>Chat templates: rendered text, ids, assistant masks, errors, and jinja's own rules.</summary>
internal sealed class F05ChatTemplates : IGoldenCheck
{
    public string Family => "F05";

    public void Check(GoldenCase c)
    {
        if (c.Json.TryGetProperty("templates", out var templates))
        {
            foreach (var t in templates.EnumerateArray())
            {
                var parsed = ChatTemplate.Parse(t.GetProperty("template").GetString()!);
                Expect.Equal($"{t.GetProperty("name")} has generation blocks", parsed.HasGenerationBlocks, t.GetProperty("has_generation_blocks").GetBoolean());
            }
        }
        else if (c.Json.TryGetProperty("conversations", out var conversations))
        {
            CheckConversations(conversations);
        }
        else if (c.Json.TryGetProperty("context", out var context))
        {
            CheckJinja(c.Json.GetProperty("cases"), context);
        }
        else if (c.Json.TryGetProperty("template", out var template))
        {
            CheckTemplate(c, template.GetString()!);
        }
        else
        {
            F05Single.Check(c);
        }
    }

    /// <summary>Every conversation reaches a template unchanged: what comes back as JSON is what went in, prepared.</summary>
    private static void CheckConversations(JsonElement conversations)
    {
        var echo = ChatTemplate.Parse("{{ messages | tojson }}");
        foreach (var conversation in conversations.EnumerateArray())
        {
            var rendered = JsonDocument.Parse(echo.Render(F05Request.Of(conversation)).Text).RootElement;
            var messages = conversation.GetProperty("messages");
            Expect.Equal($"{conversation.GetProperty("name")} messages", rendered.GetArrayLength(), messages.GetArrayLength());
            for (var i = 0; i < messages.GetArrayLength(); i++)
            {
                foreach (var p in messages[i].EnumerateObject().Where(p => p.Value.ValueKind != JsonValueKind.Null))
                {
                    Expect.Equal($"{conversation.GetProperty("name")}[{i}].{p.Name}", JsonElement.DeepEquals(rendered[i].GetProperty(p.Name), p.Value), true);
                }
            }
        }
    }

    private static void CheckTemplate(GoldenCase c, string name)
    {
        var all = F05Request.Read(c, "templates.json");
        var source = all.GetProperty("templates").EnumerateArray().First(t => t.GetProperty("name").GetString() == name);
        var template = ChatTemplate.Parse(source.GetProperty("template").GetString()!);
        var folder = c.Json.GetProperty("tokenizer").GetString()!;
        var tokenizer = Tokenizer.Load(F05Request.TokenizerFolder(c, folder));
        var conversations = F05Request.Read(c, "conversations.json").GetProperty("conversations").EnumerateArray()
            .ToDictionary(x => x.GetProperty("name").GetString()!);
        foreach (var row in c.Json.GetProperty("cases").EnumerateArray())
        {
            var mode = row.GetProperty("mode").GetString()!;
            var what = $"{name} {row.GetProperty("conversation")} {mode}";
            var request = F05Request.Of(conversations[row.GetProperty("conversation").GetString()!]) with
            {
                SpecialTokens = F05Request.SpecialTokens(all, folder),
                AddGenerationPrompt = mode == "generation_prompt",
                ContinueFinalMessage = mode == "continue_final",
            };
            F05Request.Expected(what, row, () => template.Render(request), rendered => CheckRow(what, row, rendered, tokenizer));
        }
    }

    private static void CheckRow(string what, JsonElement row, RenderedChat rendered, Tokenizer tokenizer)
    {
        if (row.TryGetProperty("text", out var text))
        {
            Expect.Equal(what, rendered.Text, text.GetString());
        }

        var encoded = tokenizer.Encode(rendered.Text, addSpecialTokens: false);
        Lists.Equal($"{what} ids", encoded.Ids, F04Folder.Ints(row.GetProperty("ids")));
        if (row.TryGetProperty("assistant_mask", out var mask))
        {
            Lists.Equal($"{what} mask", AssistantMask.Of([.. encoded.Offsets.Select(o => (o.Start, o.End))], rendered.GenerationSpans), F04Folder.Ints(mask));
        }
    }

    private static void CheckJinja(JsonElement cases, JsonElement context)
    {
        foreach (var row in cases.EnumerateArray())
        {
            var source = row.GetProperty("template").GetString()!;
            var what = $"{row.GetProperty("group")}: {source}";
            F05Request.Expected(what, row, () => ChatTemplate.Parse(source).RenderVariables(context, F05Request.Clock), rendered =>
            {
                Expect.Equal(what, rendered.Text, row.GetProperty("out").GetString());
                if (row.TryGetProperty("generation_spans", out var spans))
                {
                    Lists.Equal($"{what} spans", rendered.GenerationSpans.Select(s => (s.Start, s.End)).ToArray(),
                        [.. spans.EnumerateArray().Select(s => (s[0].GetInt32(), s[1].GetInt32()))]);
                }
            });
        }
    }
}

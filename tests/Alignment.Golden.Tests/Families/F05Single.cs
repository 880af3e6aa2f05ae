using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.Text.Templates;
using Alignment.Text.Tokenization;

namespace Alignment.Golden.Tests.Families;

/// <summary>Cases that carry their own template or messages: failures, and control tokens in users' text.</summary>
internal static class F05Single
{
    public static void Check(GoldenCase c)
    {
        foreach (var row in c.Json.GetProperty("cases").EnumerateArray())
        {
            if (row.TryGetProperty("sanitized_ids", out var sanitized))
            {
                CheckSanitized(c, row, sanitized);
            }
            else
            {
                CheckFailure(c, row);
            }
        }
    }

    private static void CheckFailure(GoldenCase c, JsonElement row)
    {
        var request = row.TryGetProperty("messages", out _) ? F05Request.Of(row)
            : F05Request.Of(F05Request.Read(c, "conversations.json").GetProperty("conversations").EnumerateArray()
                .First(x => x.GetProperty("name").ValueEquals(row.GetProperty("conversation").GetString())));
        if (row.TryGetProperty("options", out var options))
        {
            var field = options.TryGetProperty("continue_final_message", out var f) ? f : default;
            request = request with
            {
                AddGenerationPrompt = options.TryGetProperty("add_generation_prompt", out var p) && p.GetBoolean(),
                ContinueFinalMessage = field.ValueKind is JsonValueKind.True or JsonValueKind.String,
                ContinueField = field.ValueKind == JsonValueKind.String ? field.GetString()! : "content",
            };
        }

        F05Request.Expected(row.GetProperty("name").GetString()!, row, () => ChatTemplate.Parse(row.GetProperty("template").GetString()!).Render(request),
            rendered => Expect.Equal(row.GetProperty("name").GetString()!, rendered.Text, row.GetProperty("text").GetString()));
    }

    private static void CheckSanitized(GoldenCase c, JsonElement row, JsonElement sanitized)
    {
        var all = F05Request.Read(c, "templates.json");
        var name = row.GetProperty("template").GetString()!;
        var folder = row.GetProperty("tokenizer").GetString()!;
        var template = ChatTemplate.Parse(all.GetProperty("templates").EnumerateArray().First(t => t.GetProperty("name").ValueEquals(name)).GetProperty("template").GetString()!);
        var tokenizer = Tokenizer.Load(F05Request.TokenizerFolder(c, folder));
        var request = F05Request.Of(row) with { SpecialTokens = F05Request.SpecialTokens(all, folder), AddGenerationPrompt = true };
        Lists.Equal($"{name} {row.GetProperty("messages")} ids", tokenizer.EncodeIds(template.Render(request).Text, false), F04Folder.Ints(row.GetProperty("ids")));
        Lists.Equal($"{name} {row.GetProperty("messages")} sanitized ids", SanitizedChat.Encode(template, request, tokenizer), F04Folder.Ints(sanitized));
    }
}

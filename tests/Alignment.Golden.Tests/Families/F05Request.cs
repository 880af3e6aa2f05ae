using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.Text.Templates;

namespace Alignment.Golden.Tests.Families;

/// <summary>F05's JSON as requests and expectations.</summary>
internal static class F05Request
{
    /// <summary>The clock of the fixtures.</summary>
    public static readonly DateTimeOffset Clock = new(2026, 2, 3, 14, 5, 9, TimeSpan.Zero);

    public static ChatRequest Of(JsonElement conversation) => new()
    {
        Messages = conversation.GetProperty("messages"),
        Tools = conversation.TryGetProperty("tools", out var tools) ? tools : null,
        Documents = conversation.TryGetProperty("documents", out var documents) ? documents : null,
        Variables = conversation.TryGetProperty("kwargs", out var variables) ? variables : null,
        Now = Clock,
    };

    public static JsonElement Read(GoldenCase c, string file) => JsonDocument.Parse(File.ReadAllBytes(Path.Combine(c.Family.Folder, file))).RootElement;

    public static string TokenizerFolder(GoldenCase c, string name) => Path.Combine(Directory.GetDirectories(c.Family.Root, "F04*")[0], name);

    public static Dictionary<string, string> SpecialTokens(JsonElement templates, string tokenizer) =>
        templates.GetProperty("special_tokens").GetProperty(tokenizer).EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!);

    /// <summary>Runs, and compares either the result or the error's class and, where it is the template's own, its message.</summary>
    public static void Expected(string what, JsonElement row, Func<RenderedChat> render, Action<RenderedChat> check)
    {
        RenderedChat rendered;
        try
        {
            rendered = render();
        }
        catch (TemplateException e)
        {
            if (!row.TryGetProperty("error", out var expected))
            {
                throw new GoldenMismatchException($"{what}: {e.Kind} error where none was expected: {e.Message} (line {e.Line}, column {e.Column})");
            }

            Expect.Equal($"{what} error class ({e.Message})", e.Kind, expected.GetProperty("class").GetString());
            if (e.Kind == "raised")
            {
                Expect.Equal($"{what} message", e.Message, expected.GetProperty("message").GetString());
            }

            return;
        }

        if (row.TryGetProperty("error", out var missed))
        {
            throw new GoldenMismatchException($"{what}: rendered \"{rendered.Text}\" where a {missed.GetProperty("class")} error was expected: {missed.GetProperty("message")}");
        }

        check(rendered);
    }
}

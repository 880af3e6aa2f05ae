using System.Text.Json;

namespace Alignment.Text.Rubrics;

/// <summary>A prompt that a rubric can judge answers to: one line of <c>{"id", "prompt", "language", "intent", "facts"}</c>.</summary>
/// <param name="Messages">The conversation so far.</param>
/// <param name="Intent">What is asked, for grouping.</param>
/// <param name="Question">Language and facts.</param>
public sealed record RubricPrompt(string Id, IReadOnlyList<RubricTurn> Messages, string Intent, RubricQuestion Question)
{
    /// <summary>The last message, which is what the answer answers.</summary>
    public string Text => Messages[^1].Content;

    /// <exception cref="InvalidDataException">A line is malformed; the message names file, line, field and remedy.</exception>
    public static IReadOnlyList<RubricPrompt> ReadAll(string path)
    {
        var prompts = new List<RubricPrompt>();
        var line = 0;
        foreach (var text in File.ReadLines(path))
        {
            line++;
            if (text.Length == 0)
            {
                continue;
            }

            try
            {
                prompts.Add(Parse(text));
            }
            catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
            {
                throw new InvalidDataException($"{path}, line {line}: {e.Message} Give {{\"id\", \"prompt\": [{{\"role\", \"content\"}}], \"language\", \"facts\": [\"…\"]}}.", e);
            }
        }

        return prompts;
    }

    private static RubricPrompt Parse(string line)
    {
        using var document = JsonDocument.Parse(line);
        var row = document.RootElement;
        JsonElement Field(JsonElement e, string name) => e.TryGetProperty(name, out var value) ? value : throw new KeyNotFoundException($"field '{name}' is missing.");

        string Text(JsonElement e, string name) => Field(e, name).GetString() ?? throw new FormatException($"field '{name}' is null.");

        var prompt = Field(row, "prompt");
        IReadOnlyList<RubricTurn> messages = prompt.ValueKind == JsonValueKind.String
            ? [new("user", prompt.GetString()!)]
            : [.. prompt.EnumerateArray().Select(m => new RubricTurn(Text(m, "role"), Text(m, "content")))];
        return messages.Count == 0
            ? throw new FormatException("field 'prompt' is empty.")
            : new(Text(row, "id"), messages, row.TryGetProperty("intent", out var intent) ? intent.GetString() ?? "" : "",
                new(Text(row, "language"), [.. Field(row, "facts").EnumerateArray().Select(f => f.GetString()!)]));
    }
}

/// <summary>One message of a conversation.</summary>
public sealed record RubricTurn(string Role, string Content);

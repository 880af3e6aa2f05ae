using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Alignment.PreferenceStore.Prompts;

/// <summary>
/// A prompt as it is stored and exported: JSON, either one string or an array of <c>{role, content}</c>. Both forms of one
/// question fall into one group, so that a split by group keeps them on one side.
/// </summary>
public static class PromptContent
{
    /// <summary>
    /// The prompt's group: SHA-256 of its normalised text (NFKC, lower case, runs of white space as one blank; turns joined with their roles
    /// unless there is a single user turn).
    /// </summary>
    /// <exception cref="FormatException">The JSON is neither a string nor an array of messages.</exception>
    public static string GroupOf(string contentJson) => Sha256.Of(Normalise(Flatten(contentJson)));

    /// <summary>The prompt as turns; a plain string is one user turn.</summary>
    public static IReadOnlyList<(string Role, string Content)> Turns(string contentJson)
    {
        var node = JsonNode.Parse(contentJson);
        return node switch
        {
            JsonValue value when value.GetValueKind() == JsonValueKind.String => [("user", value.GetValue<string>())],
            JsonArray turns => [.. turns.Select(Turn)],
            _ => throw new FormatException("A prompt is a JSON string or an array of {role, content}."),
        };
    }

    private static (string, string) Turn(JsonNode? turn) => turn is JsonObject message
        && message["role"] is JsonValue role && role.GetValueKind() == JsonValueKind.String
        && message["content"] is JsonValue content && content.GetValueKind() == JsonValueKind.String
            ? (role.GetValue<string>(), content.GetValue<string>())
            : throw new FormatException("A message of a prompt is an object with the strings 'role' and 'content'.");

    private static string Flatten(string contentJson)
    {
        var turns = Turns(contentJson);
        return turns is [("user", var only)] ? only : string.Join('\n', turns.Select(t => $"{t.Role}: {t.Content}"));
    }

    private static string Normalise(string text)
    {
        var result = new StringBuilder(text.Length);
        var gap = false;
        foreach (var c in text.Normalize(NormalizationForm.FormKC).ToLower(CultureInfo.InvariantCulture))
        {
            if (char.IsWhiteSpace(c))
            {
                gap = result.Length > 0;
                continue;
            }

            if (gap)
            {
                result.Append(' ');
                gap = false;
            }

            result.Append(c);
        }

        return result.ToString();
    }
}

using System.Text.Json;
using Alignment.Ui.Clients;

namespace Alignment.Ui.Features.Chat;

/// <summary>The conversation so far, carried by the form itself: the server keeps nothing.</summary>
internal static class ChatTranscript
{
    public const int MessageLimit = 8000;
    public const int AnswerTokens = 256;
    private const int Turns = 40;

    public static string Write(IReadOnlyList<ChatTurn> turns) => JsonSerializer.Serialize(turns.TakeLast(Turns), JsonSerializerOptions.Web);

    /// <summary>What cannot be read is an empty conversation: the field comes from the browser.</summary>
    public static List<ChatTurn> Read(string json)
    {
        try
        {
            return [.. (JsonSerializer.Deserialize<List<ChatTurn>>(json, JsonSerializerOptions.Web) ?? []).Where(t => t is { Role: "user" or "assistant", Content: not null }).TakeLast(Turns)];
        }
        catch (JsonException)
        {
            return [];
        }
    }
}

using System.Text.Encodings.Web;
using System.Text.Json;

namespace Alignment.Suite.Commands.Chat;

internal static class ChatJson
{
    /// <summary>Letters of every script as they are.</summary>
    public static JsonSerializerOptions Options { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}

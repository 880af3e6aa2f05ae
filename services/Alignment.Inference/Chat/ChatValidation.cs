using System.Text.Json;
using Alignment.Inference.Engine;

namespace Alignment.Inference.Chat;

/// <summary>Turns a request into what the engine reads, or says which field is wrong and what it may be.</summary>
internal static class ChatValidation
{
    private static readonly string[] Roles = ["system", "user", "assistant"];

    public static ChatTurn Check(ChatRequest request)
    {
        Require(request.Model is { Length: > 0 }, "model", "name an alias, id or digest; GET /v1/models lists them");
        Require(request.Messages is { Count: > 0 }, "messages", "send at least one message");
        for (var i = 0; i < request.Messages!.Count; i++)
        {
            Require(Roles.Contains(request.Messages[i].Role), $"messages[{i}].role", "use system, user or assistant");
            Require(request.Messages[i].Content is { Length: > 0 }, $"messages[{i}].content", "send a text");
        }

        Require(request.N is null or 1, "n", "only 1 is served");
        Require(request.Temperature is null or (>= 0 and <= 2), "temperature", "use 0 to 2; 0 is greedy");
        Require(request.TopP is null or (> 0 and <= 1), "top_p", "use a number above 0, up to 1");
        Require(request.TopK is null or >= 0, "top_k", "use 0 (off) or more");
        var most = request.MaxCompletionTokens ?? request.MaxTokens;
        Require(most is null or (>= 1 and <= 4096), "max_tokens", "use 1 to 4096");
        return new(request.Model!, [.. request.Messages.Select(m => new ChatLine(m.Role!, m.Content!))], request.Temperature ?? 1, request.TopP ?? 1, request.TopK ?? 0, most ?? 256, Stops(request.Stop), request.Seed);
    }

    private static IReadOnlyList<string> Stops(JsonElement stop)
    {
        var stops = stop.ValueKind switch
        {
            JsonValueKind.Undefined or JsonValueKind.Null => [],
            JsonValueKind.String => [stop.GetString()!],
            JsonValueKind.Array when stop.EnumerateArray().All(s => s.ValueKind == JsonValueKind.String) => stop.EnumerateArray().Select(s => s.GetString()!).ToList(),
            _ => throw Fault("stop", "send a string or an array of strings"),
        };
        Require(stops.Count <= 4 && stops.TrueForAll(s => s.Length > 0), "stop", "send up to four texts, none of them empty");
        return stops;
    }

    private static void Require(bool condition, string param, string remedy)
    {
        if (!condition)
        {
            throw Fault(param, remedy);
        }
    }

    private static ChatFault Fault(string param, string remedy) => new(400, $"{param}: {remedy}.", param, "invalid_value");
}

using System.Text;
using System.Text.Json;
using Alignment.Inference.Engine;

namespace Alignment.Inference.Chat;

/// <summary><c>POST /v1/chat/completions</c>, whole or as server-sent events.</summary>
internal static class ChatEndpoints
{
    public static void MapChat(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/chat/completions", CompleteAsync).WithTags("chat").WithSummary("Chat with a checkpoint; OpenAI shape, `stream: true` for server-sent events.");

    private static async Task CompleteAsync(HttpContext http, IChatEngine engine, TimeProvider time, CancellationToken ct)
    {
        try
        {
            var request = await ReadAsync(http, ct);
            var turn = ChatValidation.Check(request);
            var head = new { id = $"chatcmpl-{Guid.CreateVersion7(time.GetUtcNow()):N}", created = time.GetUtcNow().ToUnixTimeSeconds(), model = turn.Model };
            await (request.Stream ? StreamAsync(http, engine, turn, head.id, head.created, ct) : WholeAsync(http, engine, turn, head.id, head.created, ct));
        }
        catch (ChatFault fault) when (!http.Response.HasStarted)
        {
            await fault.ToResult().ExecuteAsync(http);
        }
    }

    private static async Task<ChatRequest> ReadAsync(HttpContext http, CancellationToken ct)
    {
        try
        {
            return await JsonSerializer.DeserializeAsync<ChatRequest>(http.Request.Body, JsonSerializerOptions.Web, ct) ?? throw new JsonException("the body is null");
        }
        catch (JsonException e)
        {
            throw new ChatFault(400, $"The body is not the expected JSON: {e.Message}", e.Path, "invalid_json");
        }
    }

    private static async Task WholeAsync(HttpContext http, IChatEngine engine, ChatTurn turn, string id, long created, CancellationToken ct)
    {
        var text = new StringBuilder();
        var last = new ChatPiece("");
        await foreach (var piece in engine.AnswerAsync(turn, ct))
        {
            text.Append(piece.Text);
            last = piece;
        }

        await http.Response.WriteAsJsonAsync(new
        {
            id, @object = "chat.completion", created, model = turn.Model,
            choices = new[] { new { index = 0, message = new { role = "assistant", content = text.ToString() }, finish_reason = last.FinishReason ?? "stop" } },
            usage = new { prompt_tokens = last.PromptTokens, completion_tokens = last.CompletionTokens, total_tokens = last.PromptTokens + last.CompletionTokens },
        }, ct);
    }

    private static async Task StreamAsync(HttpContext http, IChatEngine engine, ChatTurn turn, string id, long created, CancellationToken ct)
    {
        var started = false;
        await foreach (var piece in engine.AnswerAsync(turn, ct))
        {
            if (!started)
            {
                // Only now: a fault before the first piece is still an ordinary error answer.
                http.Response.ContentType = "text/event-stream";
                http.Response.Headers.CacheControl = "no-cache";
                started = true;
            }

            await EventAsync(http, JsonSerializer.Serialize(new
            {
                id, @object = "chat.completion.chunk", created, model = turn.Model,
                choices = new[] { new { index = 0, delta = new { content = piece.Text }, finish_reason = piece.FinishReason } },
            }), ct);
        }

        await EventAsync(http, "[DONE]", ct);
    }

    private static async Task EventAsync(HttpContext http, string data, CancellationToken ct)
    {
        await http.Response.WriteAsync($"data: {data}\n\n", ct);
        await http.Response.Body.FlushAsync(ct);
    }
}

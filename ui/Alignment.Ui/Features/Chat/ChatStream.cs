using Alignment.Ui.Clients;
using Microsoft.AspNetCore.Antiforgery;

namespace Alignment.Ui.Features.Chat;

/// <summary>Passes a streamed answer through, so that the browser talks to the pages' host alone and the services' key stays here.</summary>
internal static class ChatStream
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/chat/stream", ForwardAsync).ExcludeFromDescription();

    private static async Task ForwardAsync(HttpContext http, ChatRequest request, ChatClient chat, IAntiforgery antiforgery, CancellationToken ct)
    {
        if (!await antiforgery.IsRequestValidAsync(http))
        {
            http.Response.StatusCode = 400;
            return;
        }

        if (request is not { Model.Length: > 0, Turns: [.., { Role: "user", Content.Length: > 0 and <= ChatTranscript.MessageLimit }] })
        {
            http.Response.StatusCode = 422;
            return;
        }

        try
        {
            using var answer = await chat.StreamAsync(request.Model, request.Turns, ChatTranscript.AnswerTokens, ct);
            http.Response.StatusCode = (int)answer.StatusCode;
            http.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
            await answer.Content.CopyToAsync(http.Response.Body, ct);
        }
        catch (HttpRequestException) when (!http.Response.HasStarted)
        {
            http.Response.StatusCode = 503;
        }
    }

    internal sealed record ChatRequest(string Model, IReadOnlyList<ChatTurn> Turns);
}

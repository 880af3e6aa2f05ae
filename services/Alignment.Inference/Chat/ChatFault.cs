namespace Alignment.Inference.Chat;

/// <summary>A request that cannot be served; becomes the OpenAI error envelope.</summary>
internal sealed class ChatFault(int status, string message, string? param, string code) : Exception(message)
{
    public int Status => status;

    public string? Param => param;

    public string Code => code;

    public IResult ToResult() => TypedResults.Json(new
    {
        error = new { message = Message, type = Status >= 500 ? "server_error" : Status == 404 ? "not_found_error" : "invalid_request_error", param, code },
    }, statusCode: Status);
}

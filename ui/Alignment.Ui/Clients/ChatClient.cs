using System.Text.Json;

namespace Alignment.Ui.Clients;

/// <summary>
/// <c>/v1/chat/completions</c>. It has its own HTTP client: an answer may take minutes on a CPU, longer than the time-outs that suit the other calls.
/// </summary>
internal sealed class ChatClient(Backend backend) : IDisposable
{
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromMinutes(10) };

    public async Task<Answer<string>> CompleteAsync(string model, IReadOnlyList<ChatTurn> turns, int maxTokens, CancellationToken ct)
    {
        try
        {
            using var response = await SendAsync(model, turns, maxTokens, stream: false, ct);
            var json = await response.Content.ReadFromJsonAsync<JsonElement>(ct);
            return response.IsSuccessStatusCode
                ? new Answer<string>(json.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString() ?? "", null)
                : new Answer<string>(null, Describe((int)response.StatusCode, json));
        }
        catch (Exception fault) when (!ct.IsCancellationRequested)
        {
            return new Answer<string>(null, new Problem(503, backend.Inference.Authority, fault.Message, Problem.Unreachable));
        }
    }

    /// <summary>The raw answer, headers first; the caller disposes it.</summary>
    public Task<HttpResponseMessage> StreamAsync(string model, IReadOnlyList<ChatTurn> turns, int maxTokens, CancellationToken ct) => SendAsync(model, turns, maxTokens, stream: true, ct);

    public void Dispose() => http.Dispose();

    private Task<HttpResponseMessage> SendAsync(string model, IReadOnlyList<ChatTurn> turns, int maxTokens, bool stream, CancellationToken ct)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(backend.Inference, "v1/chat/completions"))
        {
            Content = JsonContent.Create(new { model, messages = turns.Select(t => new { role = t.Role, content = t.Content }), max_tokens = maxTokens, temperature = 0.0, stream }),
        };
        request.Headers.Authorization = backend.Authorization;
        return http.SendAsync(request, stream ? HttpCompletionOption.ResponseHeadersRead : HttpCompletionOption.ResponseContentRead, ct);
    }

    // OpenAI's {error:{message}} or problem details.
    private static Problem Describe(int status, JsonElement json)
    {
        var error = json.ValueKind == JsonValueKind.Object && json.TryGetProperty("error", out var e) && e.ValueKind == JsonValueKind.Object ? e : json;
        string? Text(string name) => error.ValueKind == JsonValueKind.Object && error.TryGetProperty(name, out var v) && v.ValueKind == JsonValueKind.String ? v.GetString() : null;
        return new Problem(status, Text("title") ?? Text("message") ?? $"HTTP {status}", Text("detail"), Text("code"));
    }
}

internal sealed record ChatTurn(string Role, string Content);

using System.Text.Json;
using System.Text.Json.Nodes;

namespace Alignment.Suite.Demo.Running;

/// <summary>The suite's HTTP API as any client uses it; a refusal becomes one sentence.</summary>
internal sealed class SuiteClient(HttpClient http)
{
    public HttpClient Http => http;

    /// <summary>False while the service behind the path is being started: no connection, or 503.</summary>
    public async Task<bool> AnswersAsync(string path, CancellationToken ct)
    {
        try
        {
            using var response = await http.GetAsync(path, ct);
            return response.StatusCode != System.Net.HttpStatusCode.ServiceUnavailable;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    public async Task<JsonElement> GetAsync(string path, CancellationToken ct)
    {
        using var response = await http.GetAsync(path, ct);
        return await ReadAsync(response, ct);
    }

    public async Task<JsonElement> PostAsync(string path, object body, CancellationToken ct, string? idempotencyKey = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = body as HttpContent ?? JsonContent.Create(body, options: JsonSerializerOptions.Web) };
        if (idempotencyKey is not null)
        {
            request.Headers.Add("Idempotency-Key", idempotencyKey);
        }

        using var response = await http.SendAsync(request, ct);
        return await ReadAsync(response, ct);
    }

    public async Task<JsonElement> PostFileAsync(string path, string file, CancellationToken ct)
    {
        await using var stream = File.OpenRead(file);
        return await PostAsync(path, new StreamContent(stream), ct);
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response, CancellationToken ct)
    {
        var text = await response.Content.ReadAsStringAsync(ct);
        if (response.IsSuccessStatusCode)
        {
            return text.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(text);
        }

        var detail = JsonNode.Parse(text.StartsWith('{') ? text : "{}")?["detail"]?.GetValue<string>() ?? text;
        throw new DemoException($"{response.RequestMessage?.Method} {response.RequestMessage?.RequestUri?.AbsolutePath} was refused ({(int)response.StatusCode}): {detail}");
    }
}

/// <summary>The demo cannot go on; the message says why and what to do.</summary>
internal sealed class DemoException(string message) : Exception(message);

using System.Net;
using System.Text.Json;

namespace Alignment.Ui.Clients;

/// <summary>One request to a service; every failure becomes a <see cref="Problem"/> that a page can show.</summary>
internal sealed class ServiceHttp(HttpClient http, Backend backend)
{
    public Task<Answer<T>> GetAsync<T>(Uri service, string path, CancellationToken ct)
        where T : class => SendAsync<T>(new HttpRequestMessage(HttpMethod.Get, new Uri(service, path)), ct);

    public Task<Answer<T>> PostAsync<T>(Uri service, string path, object body, CancellationToken ct)
        where T : class => SendAsync<T>(new HttpRequestMessage(HttpMethod.Post, new Uri(service, path)) { Content = JsonContent.Create(body) }, ct);

    public Task<Answer<T>> PutAsync<T>(Uri service, string path, object body, CancellationToken ct)
        where T : class => SendAsync<T>(new HttpRequestMessage(HttpMethod.Put, new Uri(service, path)) { Content = JsonContent.Create(body) }, ct);

    private async Task<Answer<T>> SendAsync<T>(HttpRequestMessage request, CancellationToken ct)
        where T : class
    {
        using var _ = request;
        request.Headers.Authorization = backend.Authorization;
        try
        {
            using var response = await http.SendAsync(request, ct);
            if (!response.IsSuccessStatusCode)
            {
                return new Answer<T>(null, await ReadProblemAsync(response, ct));
            }

            return response.StatusCode == HttpStatusCode.NoContent || response.Content.Headers.ContentLength == 0
                ? new Answer<T>(null, null)
                : new Answer<T>(await response.Content.ReadFromJsonAsync<T>(ct), null);
        }
        catch (Exception fault) when (!ct.IsCancellationRequested)
        {
            // Refused connections, time-outs and broken JSON look the same to a visitor: the service is away.
            return new Answer<T>(null, new Problem(503, request.RequestUri!.GetLeftPart(UriPartial.Authority), fault.Message, Problem.Unreachable));
        }
    }

    private static async Task<Problem> ReadProblemAsync(HttpResponseMessage response, CancellationToken ct)
    {
        var status = (int)response.StatusCode;
        try
        {
            var json = await response.Content.ReadFromJsonAsync<JsonElement>(ct);
            string? Text(string name) => json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var v) && v.ValueKind == JsonValueKind.String ? v.GetString() : null;
            return new Problem(status, Text("title") ?? $"HTTP {status}", Text("detail"), Text("code"));
        }
        catch (JsonException)
        {
            return new Problem(status, $"HTTP {status}", response.ReasonPhrase, null);
        }
    }
}

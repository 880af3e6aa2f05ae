using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Alignment.ModelCore.Rollouts;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace Alignment.PolicyOptimization.Rewards;

/// <summary>
/// Posts JSON and reads JSON, with a time limit for each attempt and further attempts where another may help. Every fault is a
/// <see cref="RewardException"/> that says what happened and what to do.
/// </summary>
internal sealed class JsonEndpoint : IDisposable
{
    private const int ShownOfABody = 200;
    private readonly HttpClient http;
    private readonly ResiliencePipeline pipeline;
    private readonly Uri address;
    private readonly string name;
    private readonly RewardSourceOptions options;

    public JsonEndpoint(string name, Uri address, RewardSourceOptions options, string? key = null)
    {
        (this.name, this.address, this.options) = (name, address, options);
        http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        if (key is not null)
        {
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }

        var builder = new ResiliencePipelineBuilder();
        if (options.Retries > 0)
        {
            builder.AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = options.Retries, Delay = TimeSpan.FromSeconds(options.RetryDelay), BackoffType = DelayBackoffType.Exponential,
                ShouldHandle = new PredicateBuilder().Handle<HttpRequestException>(IsTransient).Handle<TimeoutRejectedException>(),
            });
        }

        pipeline = builder.AddTimeout(TimeSpan.FromSeconds(options.Timeout)).Build();
    }

    /// <exception cref="RewardException">No answer, an error status, or no JSON.</exception>
    public JsonNode Post(JsonNode body, CancellationToken cancellation)
    {
        var text = body.ToJsonString();
        string answer;
        try
        {
            answer = pipeline.Execute(token => Send(text, token), cancellation);
        }
        catch (TimeoutRejectedException e)
        {
            throw new RewardException(name, FormattableString.Invariant($"{address} gave no answer within {options.Timeout} s in {options.Retries + 1} attempts. Raise reward.timeout or look at the endpoint."), e);
        }
        catch (HttpRequestException e)
        {
            throw new RewardException(name, $"{address}: {(e.StatusCode is { } s ? $"status {(int)s}, {e.Message}" : e.Message)} ({(IsTransient(e) ? options.Retries + 1 : 1)} attempts). Look at the endpoint.", e);
        }

        try
        {
            return JsonNode.Parse(answer, documentOptions: new() { AllowDuplicateProperties = false }) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            var what = answer.Contains("NaN", StringComparison.Ordinal) ? "holds NaN, which is not JSON; send null where there is no score"
                : e.Message.StartsWith("Duplicate", StringComparison.Ordinal) ? "has a field twice" : "is not JSON";
            throw new RewardException(name, $"the answer of {address} {what}: {Shorten(answer)}", e);
        }
    }

    public void Dispose() => http.Dispose();

    public static string Shorten(string body) => body.Length <= ShownOfABody ? body : body[..ShownOfABody] + "…";

    private static bool IsTransient(HttpRequestException e) =>
        e.StatusCode is null or HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError;

    private string Send(string text, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new StringContent(text, Encoding.UTF8, "application/json") };
        using var response = http.Send(request, HttpCompletionOption.ResponseContentRead, cancellation);
        using var reader = new StreamReader(response.Content.ReadAsStream(cancellation));
        var body = reader.ReadToEnd();
        return response.IsSuccessStatusCode ? body : throw new HttpRequestException(Shorten(body), null, response.StatusCode);
    }
}

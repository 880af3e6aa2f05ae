using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Alignment.ServiceDefaults;

/// <summary>Refuses API calls without the configured key; pages, assets and health routes pass (the pages' own service holds the key).</summary>
internal sealed class ApiKeyMiddleware(RequestDelegate next, IOptions<AlignmentOptions> options)
{
    private static readonly string[] Protected = ["/v1", "/feedback", "/datasets", "/cycles", "/schedules", "/checkpoints", "/jobs", "/inference", "/evaluations"];

    public async Task InvokeAsync(HttpContext context, IProblemDetailsService problems)
    {
        if (options.Value.ApiKey is not { Length: > 0 } key || !Protected.Any(p => context.Request.Path.StartsWithSegments(p, StringComparison.OrdinalIgnoreCase)) || Matches(context, key))
        {
            await next(context);
            return;
        }

        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        context.Response.Headers.WWWAuthenticate = "Bearer";
        await problems.WriteAsync(new() { HttpContext = context, ProblemDetails = { Status = 401, Title = "A key is needed.", Detail = "Send Authorization: Bearer with the value of Alignment:ApiKey." } });
    }

    private static bool Matches(HttpContext context, string key)
    {
        var sent = context.Request.Headers.Authorization.ToString();
        return sent.StartsWith("Bearer ", StringComparison.Ordinal)
            && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(sent[7..])), SHA256.HashData(Encoding.UTF8.GetBytes(key)));
    }
}

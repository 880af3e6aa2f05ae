using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Alignment.ServiceDefaults;

/// <summary>The one place where an exception becomes an answer.</summary>
internal sealed partial class ProblemExceptionHandler(IProblemDetailsService problems, ILogger<ProblemExceptionHandler> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        var (status, title, detail, code) = exception switch
        {
            ProblemException p => (p.Status, p.Title, p.Detail, p.Code),
            BadHttpRequestException b => (b.StatusCode, "The request could not be read.", b.InnerException?.Message ?? b.Message, "bad-request"),
            OperationCanceledException when httpContext.RequestAborted.IsCancellationRequested => (499, "The caller went away.", "", "client-closed-request"),
            _ => (500, "The server failed.", "The log under this trace id says more.", "server-error"),
        };
        if (status >= 500)
        {
            Failed(logger, httpContext.Request.Path, exception);
        }

        httpContext.Response.StatusCode = status;
        return await problems.TryWriteAsync(new()
        {
            HttpContext = httpContext,
            Exception = exception,
            ProblemDetails = { Status = status, Title = title, Detail = detail, Extensions = { ["code"] = code } },
        });
    }

    [LoggerMessage(1, LogLevel.Error, "{Path} failed")]
    private static partial void Failed(ILogger logger, string path, Exception exception);
}

using Microsoft.Extensions.Logging;

namespace Alignment.Jobs;

internal static partial class Log
{
    [LoggerMessage(2001, LogLevel.Information, "Job {Kind} {JobId} started, attempt {Attempt}")]
    public static partial void JobStarted(this ILogger logger, string kind, string jobId, long attempt);

    [LoggerMessage(2002, LogLevel.Information, "Job {Kind} {JobId} succeeded in attempt {Attempt}")]
    public static partial void JobSucceeded(this ILogger logger, string kind, string jobId, long attempt);

    [LoggerMessage(2003, LogLevel.Warning, "Job {Kind} {JobId}: attempt {Attempt} was fenced; its late writes are discarded")]
    public static partial void JobFenced(this ILogger logger, string kind, string jobId, long attempt);

    [LoggerMessage(2004, LogLevel.Information, "Job {Kind} {JobId} canceled")]
    public static partial void JobCanceled(this ILogger logger, string kind, string jobId);

    [LoggerMessage(2005, LogLevel.Information, "Job {Kind} {JobId} released: this host shuts down")]
    public static partial void JobReleased(this ILogger logger, string kind, string jobId);

    [LoggerMessage(2006, LogLevel.Warning, "Job {Kind} {JobId} is tried again in {Wait}: {Text}")]
    public static partial void JobRetries(this ILogger logger, string kind, string jobId, TimeSpan wait, string text, Exception fault);

    [LoggerMessage(2007, LogLevel.Error, "Job {Kind} {JobId} failed ({Code}): {Text}")]
    public static partial void JobFailed(this ILogger logger, string kind, string jobId, string code, string text, Exception fault);

    [LoggerMessage(2008, LogLevel.Warning, "Heartbeat of job {JobId} failed")]
    public static partial void HeartbeatFailed(this ILogger logger, string jobId, Exception fault);

    [LoggerMessage(2009, LogLevel.Warning, "Lease of job {JobId} lost in attempt {Attempt}; the run stops")]
    public static partial void LeaseLost(this ILogger logger, string jobId, long attempt);

    [LoggerMessage(2010, LogLevel.Warning, "Claiming jobs failed")]
    public static partial void ClaimFailed(this ILogger logger, Exception fault);

    [LoggerMessage(2011, LogLevel.Warning, "Files of finished job {JobId} could not be removed")]
    public static partial void SweepFailed(this ILogger logger, string jobId, Exception fault);
}

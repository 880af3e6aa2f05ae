using System.Data.Common;

namespace Alignment.Jobs.Running;

/// <summary>What an exception means for the job: try again later, or fail at once.</summary>
internal sealed record JobFailure(string Code, string Text, bool Transient)
{
    private static readonly TimeSpan[] Waits = [TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(30)];

    public static JobFailure Of(Exception exception) => exception switch
    {
        JobFailedException failed => new(failed.Code, failed.Message, false),
        JobTransientException transient => new("transient", transient.Message, true),
        FileNotFoundException or DirectoryNotFoundException or EndOfStreamException => new("bad_file", exception.Message, false),
        Storage.StorageException or IOException or HttpRequestException or TimeoutException => new("unavailable", exception.Message, true),
        DbException { IsTransient: true } => new("store_unavailable", exception.Message, true),
        AggregateException { InnerExceptions: [var only] } => Of(only),
        _ => new("failed", $"{exception.GetType().Name}: {exception.Message}", false),
    };

    /// <summary>30 s, 2 min, 10 min, 30 min, each ±20 % so that many jobs do not return together.</summary>
    /// <param name="failures">Failures before this one, from 0.</param>
    public static TimeSpan Wait(long failures) => Waits[(int)Math.Min(failures, Waits.Length - 1)] * (0.8 + 0.4 * Random.Shared.NextDouble());
}

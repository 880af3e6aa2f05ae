using Microsoft.Data.Sqlite;
using Npgsql;
using Polly;
using Polly.Retry;

namespace Alignment.Storage.Databases;

/// <summary>Faults that pass by themselves: a busy or locked SQLite file, a lost PostgreSQL connection, a serialisation conflict.</summary>
internal static class Transient
{
    private const int SqliteBusy = 5;
    private const int SqliteLocked = 6;

    /// <summary>Five retries, 50 ms doubling to 2 s with jitter; a transaction is always run again as a whole.</summary>
    public static ResiliencePipeline Pipeline(TimeProvider time) => new ResiliencePipelineBuilder { TimeProvider = time }
        .AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<Exception>(Is),
            MaxRetryAttempts = 5,
            BackoffType = DelayBackoffType.Exponential,
            Delay = TimeSpan.FromMilliseconds(50),
            MaxDelay = TimeSpan.FromSeconds(2),
            UseJitter = true,
        })
        .Build();

    public static bool Is(Exception exception) => exception switch
    {
        SqliteException sqlite => sqlite.SqliteErrorCode is SqliteBusy or SqliteLocked,
        PostgresException postgres => postgres.IsTransient || postgres.SqlState is "40001" or "40P01",
        NpgsqlException npgsql => npgsql.IsTransient,
        _ => false,
    };
}

namespace Alignment.Cycles.Schedules;

/// <summary>Looks at the schedules each second; any number of processes may.</summary>
internal sealed partial class ScheduleTicker(ScheduleStore schedules, TimeProvider time, ILogger<ScheduleTicker> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), time);
        while (!stoppingToken.IsCancellationRequested && await timer.WaitForNextTickAsync(CancellationToken.None))
        {
            try
            {
                await schedules.TickAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Failed(logger, e);
            }
        }
    }

    [LoggerMessage(1, LogLevel.Error, "Looking at the schedules failed; the next second tries again")]
    private static partial void Failed(ILogger logger, Exception exception);
}

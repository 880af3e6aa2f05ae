using Microsoft.Extensions.Hosting;

namespace Alignment.ServiceDefaults;

/// <summary>Stops a supervised process when its supervisor closes its standard input, by asking or by dying.</summary>
internal sealed class ParentWatch(IHostApplicationLifetime lifetime) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.Factory.StartNew(() =>
    {
        while (Console.In.Read() >= 0)
        {
            // The supervisor writes nothing; only the end of the stream matters.
        }

        lifetime.StopApplication();
    }, stoppingToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}

using Alignment.Storage.Signals;

namespace Alignment.Cycles.Cycles;

/// <summary>Advances every open cycle each second, or at once when something woke it. Messages only make it quicker.</summary>
internal sealed partial class CycleReconciler(CycleStore cycles, CycleEngine engine, IWakeSignal signal, ILogger<CycleReconciler> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                foreach (var id in await cycles.OpenAsync(stoppingToken))
                {
                    await engine.AdvanceAsync(id, stoppingToken);
                }

                await signal.WaitAsync(IWakeSignal.Cycles, TimeSpan.FromSeconds(1), stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                Failed(logger, e);
                await Task.Delay(TimeSpan.FromSeconds(1), stoppingToken).ContinueWith(_ => { }, CancellationToken.None);
            }
        }
    }

    [LoggerMessage(1, LogLevel.Error, "Advancing cycles failed; the next round tries again")]
    private static partial void Failed(ILogger logger, Exception exception);
}

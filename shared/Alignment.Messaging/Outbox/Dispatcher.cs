using System.Text.Json;
using Alignment.Contracts;
using Alignment.Messaging.Bus;
using Alignment.Storage.Signals;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Alignment.Messaging.Outbox;

/// <summary>
/// The only place that publishes. With the broker away a publish blocks until its return, so nothing that serves people may do it; this loop may.
/// </summary>
internal sealed class Dispatcher(OutboxStore store, IPublisher publisher, IWakeSignal wake, MessagingOptions options, TimeProvider time, ILogger<Dispatcher> log) : BackgroundService
{
    private static readonly TimeSpan PruneEvery = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var pruned = time.GetTimestamp();
        var replayed = options.IsRabbit;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                // Consumers first: a message published before its queue exists is gone.
                await publisher.ReadyAsync(stoppingToken).ConfigureAwait(false);
                if (!replayed)
                {
                    await store.ReplayAsync(options.Replay, stoppingToken).ConfigureAwait(false);
                    replayed = true;
                }

                if (await SendBatchAsync(stoppingToken).ConfigureAwait(false) == 0)
                {
                    await wake.WaitAsync(IWakeSignal.Outbox, options.Poll, stoppingToken).ConfigureAwait(false);
                }

                if (time.GetElapsedTime(pruned) > PruneEvery)
                {
                    pruned = time.GetTimestamp();
                    await store.PruneAsync(stoppingToken).ConfigureAwait(false);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault)
            {
                log.DispatchFailed(fault);
                await Task.Delay(options.Poll, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <returns>How many rows were sent; the caller goes on at once while there are any.</returns>
    internal async Task<int> SendBatchAsync(CancellationToken ct)
    {
        var rows = await store.TakeAsync(ct).ConfigureAwait(false);
        var results = await Task.WhenAll(rows.Select(row => SendAsync(row, ct))).ConfigureAwait(false);
        var sent = rows.Zip(results).Where(pair => pair.Second is null).Select(pair => pair.First.Seq).ToList();
        await store.MarkSentAsync(sent, ct).ConfigureAwait(false);
        foreach (var (row, error) in rows.Zip(results).Where(pair => pair.Second is not null))
        {
            await store.PostponeAsync(row, error!, ct).ConfigureAwait(false);
            log.PublishFailed(row.Type, row.MsgId, row.Tries + 1, error!);
        }

        return sent.Count;
    }

    /// <returns>Null when the broker confirmed, else what went wrong.</returns>
    private async Task<string?> SendAsync(OutboxRow row, CancellationToken ct)
    {
        if (ContractNames.TypeOf(row.Type) is not { } type)
        {
            return $"'{row.Type}' is unknown to this version; a newer process will send it.";
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(options.PublishTimeout);
        try
        {
            var message = JsonSerializer.Deserialize(row.Body, type, JsonSerializerOptions.Web)!;
            await publisher.PublishAsync(message, type, Guid.ParseExact(row.MsgId, "N"), limit.Token).WaitAsync(options.PublishTimeout, ct).ConfigureAwait(false);
            return null;
        }
        catch (Exception fault) when (!ct.IsCancellationRequested)
        {
            return $"{fault.GetType().Name}: {fault.Message}";
        }
    }
}

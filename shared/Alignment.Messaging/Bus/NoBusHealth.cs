using Alignment.Messaging.Outbox;

namespace Alignment.Messaging.Bus;

/// <summary>Health of a process that only writes outbox rows.</summary>
internal sealed class NoBusHealth(OutboxStore store) : IBusHealth
{
    public async Task<BusState> CheckAsync(CancellationToken ct)
    {
        var (pending, oldest) = await store.BacklogAsync(ct).ConfigureAwait(false);
        return new("none", true, pending, oldest / 1000.0);
    }
}

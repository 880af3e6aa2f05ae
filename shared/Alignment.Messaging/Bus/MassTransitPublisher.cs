using Alignment.Contracts;
using Alignment.Messaging.Outbox;
using MassTransit;

namespace Alignment.Messaging.Bus;

internal sealed class MassTransitPublisher(IBusControl bus, OutboxStore store, MessagingOptions options) : IPublisher, IBusHealth
{
    public Task ReadyAsync(CancellationToken ct) => bus.WaitForHealthStatus(BusHealthStatus.Healthy, ct);

    /// <summary>
    /// Exchanges accept what nobody listens to, with a confirm, and it is gone. Messages that must be heard are published mandatory:
    /// without a queue the publish fails and the row stays.
    /// </summary>
    public Task PublishAsync(object message, Type type, Guid messageId, CancellationToken ct) => bus.Publish(message, type, Pipe.Execute<PublishContext>(context =>
    {
        context.MessageId = messageId;
        if (ContractNames.Of(type).NeedsSubscriber && context.TryGetPayload<RabbitMqSendContext>(out var rabbit))
        {
            rabbit.Mandatory = true;
        }
    }), ct);

    public async Task<BusState> CheckAsync(CancellationToken ct)
    {
        var (pending, oldest) = await store.BacklogAsync(ct).ConfigureAwait(false);
        return new(options.Transport, bus.CheckHealth().Status == BusHealthStatus.Healthy, pending, oldest / 1000.0);
    }
}

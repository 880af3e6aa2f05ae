using Alignment.Messaging.Inbox;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;

namespace Alignment.Messaging.Bus;

/// <summary>One message type that one durable queue of this process consumes.</summary>
/// <param name="Queue">Full queue name, <c>align-…</c>; also the consumer's name in the inbox.</param>
internal abstract record Subscription(string Queue, Type Message)
{
    public abstract void Configure(IReceiveEndpointConfigurator endpoint, IServiceProvider services);
}

internal sealed record Subscription<TMessage, THandler>(string Queue) : Subscription(Queue, typeof(TMessage))
    where TMessage : class
    where THandler : class, IEventHandler<TMessage>
{
    public override void Configure(IReceiveEndpointConfigurator endpoint, IServiceProvider services) => endpoint.Handler<TMessage>(async context =>
    {
        await using var scope = services.CreateAsyncScope();
        var handler = ActivatorUtilities.GetServiceOrCreateInstance<THandler>(scope.ServiceProvider);
        var id = context.MessageId ?? throw new InvalidOperationException($"A {typeof(TMessage).Name} without message id cannot be told from its copy.");
        await scope.ServiceProvider.GetRequiredService<InboxStore>()
            .HandleOnceAsync(Queue, id, (tx, ct) => handler.HandleAsync(context.Message, tx, ct), context.CancellationToken).ConfigureAwait(false);
    });
}

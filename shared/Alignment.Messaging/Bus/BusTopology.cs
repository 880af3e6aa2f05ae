using Alignment.Contracts.Messages;
using Alignment.Storage.Signals;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;

namespace Alignment.Messaging.Bus;

/// <summary>Endpoints of a process: its durable queues, and one temporary queue that only wakes polls.</summary>
internal static class BusTopology
{
    private const int ReplicasOfAQueue = 3;

    /// <summary>Handlers hold a slot while they wait: the sum stays under 5 s, then the message goes to <c>{queue}_error</c>.</summary>
    private static readonly TimeSpan[] Retries = [TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(2)];

    public static void Configure(IBusFactoryConfigurator bus, IBusRegistrationContext services)
    {
        bus.MessageTopology.SetEntityNameFormatter(new ContractEntityNames(bus.MessageTopology.EntityNameFormatter));
        foreach (var queue in services.GetServices<Subscription>().GroupBy(subscription => subscription.Queue))
        {
            bus.ReceiveEndpoint(queue.Key, endpoint => ConfigureDurable(endpoint, queue, services));
        }

        bus.ReceiveEndpoint($"align-wake-{Guid.NewGuid():N}", endpoint => ConfigureWake(endpoint, services.GetRequiredService<IWakeSignal>()));
    }

    private static void ConfigureDurable(IReceiveEndpointConfigurator endpoint, IEnumerable<Subscription> subscriptions, IServiceProvider services)
    {
        endpoint.PrefetchCount = 16;
        endpoint.ConcurrentMessageLimit = 8;
        endpoint.UseMessageRetry(retry => retry.Intervals(Retries));
        if (endpoint is IRabbitMqReceiveEndpointConfigurator rabbit)
        {
            // Limits and dead letters are a broker policy: queue arguments cannot be changed later.
            rabbit.SetQuorumQueue(ReplicasOfAQueue);
        }

        foreach (var subscription in subscriptions)
        {
            subscription.Configure(endpoint, services);
        }
    }

    private static void ConfigureWake(IReceiveEndpointConfigurator endpoint, IWakeSignal wake)
    {
        if (endpoint is IRabbitMqReceiveEndpointConfigurator rabbit)
        {
            rabbit.Durable = false;
            rabbit.AutoDelete = true;
            rabbit.Exclusive = true;
        }

        endpoint.PublishFaults = false;
        endpoint.Handler<JobAvailable>(_ =>
        {
            wake.Raise(IWakeSignal.Jobs);
            return Task.CompletedTask;
        });
    }
}

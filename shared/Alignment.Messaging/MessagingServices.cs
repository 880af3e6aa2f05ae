using Alignment.Messaging.Bus;
using Alignment.Messaging.Inbox;
using Alignment.Messaging.Outbox;
using Alignment.Messaging.Queues;
using Alignment.Storage;
using Alignment.Storage.Outbox;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Alignment.Messaging;

/// <summary>Registers the bus in a host that has a store.</summary>
public static class MessagingServices
{
    /// <summary>Outbox, inbox, dispatcher and transport. Safe to call twice; the first options win.</summary>
    public static IServiceCollection AddAlignmentMessaging(this IServiceCollection services, MessagingOptions options)
    {
        if (services.Any(service => service.ServiceType == typeof(MessagingOptions)))
        {
            return services;
        }

        services.AddSingleton(options);
        services.AddMigrations("messaging", typeof(MessagingServices).Assembly);
        services.Replace(ServiceDescriptor.Singleton<IEventOutbox, EventOutbox>());
        services.AddSingleton<OutboxStore>();
        services.AddSingleton<InboxStore>();
        if (options.Transport == "none")
        {
            services.AddSingleton<IBusHealth, NoBusHealth>();
            return services;
        }

        AddBus(services, options);
        services.AddSingleton<MassTransitPublisher>();
        services.AddSingleton<IPublisher>(provider => provider.GetRequiredService<MassTransitPublisher>());
        services.AddSingleton<IBusHealth>(provider => provider.GetRequiredService<MassTransitPublisher>());
        services.AddHostedService<Dispatcher>();
        return services;
    }

    /// <summary>Consumes <typeparamref name="TMessage"/> from the durable queue <c>align-{queue}</c>, each message once.</summary>
    /// <param name="queue">Kebab-case name of the consuming feature; one handler per message type and queue.</param>
    public static IServiceCollection AddEventHandler<TMessage, THandler>(this IServiceCollection services, string queue)
        where TMessage : class
        where THandler : class, IEventHandler<TMessage>
    {
        Contracts.ContractNames.Of(typeof(TMessage));
        services.AddSingleton<Subscription>(new Subscription<TMessage, THandler>($"align-{queue}"));
        return services;
    }

    private static void AddBus(IServiceCollection services, MessagingOptions options) => services.AddMassTransit(bus =>
    {
        // A suite that promises "your data stays here" does not phone its vendor's vendor.
        bus.DisableUsageTelemetry();

        // Without the broker work goes on, only slower: no reason to take a process out of service.
        bus.ConfigureHealthCheckOptions(health => health.MinimalFailureStatus = HealthStatus.Degraded);
        if (options.IsRabbit)
        {
            services.AddSingleton(new BrokerQueues(options.Bus));
            bus.UsingRabbitMq((context, rabbit) =>
            {
                rabbit.Host(new Uri(options.Bus), host => host.Heartbeat(TimeSpan.FromSeconds(10)));
                BusTopology.Configure(rabbit, context);
            });
            return;
        }

        bus.UsingInMemory((context, memory) => BusTopology.Configure(memory, context));
    });
}

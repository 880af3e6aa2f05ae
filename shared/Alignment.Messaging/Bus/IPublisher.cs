namespace Alignment.Messaging.Bus;

/// <summary>What the dispatcher needs of a bus; the seam at which MassTransit could be replaced.</summary>
internal interface IPublisher
{
    /// <summary>Returns when this process's consumers are connected.</summary>
    Task ReadyAsync(CancellationToken ct);

    /// <summary>Returns when the bus has taken responsibility for the message.</summary>
    Task PublishAsync(object message, Type type, Guid messageId, CancellationToken ct);
}

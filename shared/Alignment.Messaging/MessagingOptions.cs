namespace Alignment.Messaging;

/// <summary>How messages travel.</summary>
public sealed class MessagingOptions
{
    /// <summary>
    /// <c>memory</c>: within this process. <c>amqp://user:password@host:port/vhost</c>: RabbitMQ. <c>none</c>: rows only; another process
    /// of the embedded form sends them.
    /// </summary>
    public string Bus { get; init; } = "memory";

    /// <summary>How often the dispatcher looks for rows that nobody signalled.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Rows sent so recently before a start are sent again when the bus lived in memory only; the inbox absorbs what had arrived.</summary>
    public TimeSpan Replay { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>After this a broker that does not confirm counts as away and the row waits.</summary>
    public TimeSpan PublishTimeout { get; init; } = TimeSpan.FromSeconds(20);

    internal bool IsRabbit => Bus.StartsWith("amqp", StringComparison.Ordinal);

    internal string Transport => IsRabbit ? "rabbitmq" : Bus;
}

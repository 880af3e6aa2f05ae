using System.Text;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Alignment.Messaging.Queues;

/// <summary>
/// What MassTransit does not offer an operator: how deep a queue is, what lies in the error and dead-letter queues, and moving it back or away.
/// Throwing a message away is safe: the reconcilers derive every effect again from rows.
/// </summary>
/// <param name="uri"><c>amqp://user:password@host:port/vhost</c>.</param>
public sealed class BrokerQueues(string uri)
{
    /// <summary>Messages at their delivery limit, from every queue of the suite.</summary>
    public const string Dead = "align.dead";

    private const int MaxPeek = 100;

    /// <summary>Depth and consumers of a queue, or null when it does not exist.</summary>
    public async Task<QueueState?> StateAsync(string queue, CancellationToken ct)
    {
        await using var connection = await ConnectAsync(ct).ConfigureAwait(false);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: ct).ConfigureAwait(false);
        try
        {
            var state = await channel.QueueDeclarePassiveAsync(queue, ct).ConfigureAwait(false);
            return new(queue, state.MessageCount, state.ConsumerCount);
        }
        catch (OperationInterruptedException fault) when (fault.ShutdownReason?.ReplyCode == 404)
        {
            return null;
        }
    }

    /// <summary>Reads up to <paramref name="limit"/> (1 to 100) messages and leaves them where they are.</summary>
    public async Task<IReadOnlyList<DeadLetter>> PeekAsync(string queue, int limit, CancellationToken ct)
    {
        await using var connection = await ConnectAsync(ct).ConfigureAwait(false);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: ct).ConfigureAwait(false);
        var letters = new List<DeadLetter>();
        while (letters.Count < Math.Clamp(limit, 1, MaxPeek) && await channel.BasicGetAsync(queue, autoAck: false, ct).ConfigureAwait(false) is { } message)
        {
            letters.Add(new(message.BasicProperties.MessageId, Origin(queue, message), Text(message, "MT-Fault-Message"), Encoding.UTF8.GetString(message.Body.Span)));
        }

        // Closing the channel without an acknowledgement puts every message back.
        return letters;
    }

    /// <summary>Moves every message now in the queue back to the queue it came from.</summary>
    /// <returns>How many were moved; each leaves the old queue only after the new one confirmed it.</returns>
    public async Task<int> ReplayAsync(string queue, CancellationToken ct)
    {
        await using var connection = await ConnectAsync(ct).ConfigureAwait(false);
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), ct).ConfigureAwait(false);
        var count = (await channel.QueueDeclarePassiveAsync(queue, ct).ConfigureAwait(false)).MessageCount;
        var moved = 0;
        for (; moved < count && await channel.BasicGetAsync(queue, autoAck: false, ct).ConfigureAwait(false) is { } message; moved++)
        {
            var properties = new BasicProperties(message.BasicProperties);
            properties.Headers = message.BasicProperties.Headers?.Where(header => !header.Key.StartsWith("x-", StringComparison.Ordinal) && !header.Key.StartsWith("MT-Fault", StringComparison.Ordinal)).ToDictionary();
            await channel.BasicPublishAsync("", Origin(queue, message), mandatory: true, properties, message.Body, ct).ConfigureAwait(false);
            await channel.BasicAckAsync(message.DeliveryTag, multiple: false, ct).ConfigureAwait(false);
        }

        return moved;
    }

    /// <summary>Throws every message of the queue away.</summary>
    public async Task<int> DiscardAsync(string queue, CancellationToken ct)
    {
        await using var connection = await ConnectAsync(ct).ConfigureAwait(false);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: ct).ConfigureAwait(false);
        return (int)await channel.QueuePurgeAsync(queue, ct).ConfigureAwait(false);
    }

    private Task<IConnection> ConnectAsync(CancellationToken ct) => new ConnectionFactory { Uri = new Uri(uri), ClientProvidedName = "alignment queues" }.CreateConnectionAsync(ct);

    /// <summary>Error and skipped queues carry their origin in their name, the dead-letter queue in a header of the broker.</summary>
    private static string Origin(string queue, BasicGetResult message)
    {
        foreach (var suffix in (ReadOnlySpan<string>)["_error", "_skipped"])
        {
            if (queue.EndsWith(suffix, StringComparison.Ordinal))
            {
                return queue[..^suffix.Length];
            }
        }

        return Text(message, "x-first-death-queue") ?? throw new InvalidOperationException($"A message in '{queue}' does not say where it came from; discard it.");
    }

    private static string? Text(BasicGetResult message, string header) =>
        message.BasicProperties.Headers?.TryGetValue(header, out var value) == true && value is byte[] bytes ? Encoding.UTF8.GetString(bytes) : null;
}

public sealed record QueueState(string Queue, long Messages, long Consumers);

/// <param name="Origin">Queue it came from.</param>
/// <param name="Reason">What the last handler said, where it said something.</param>
/// <param name="Body">The message as it was on the wire; ids and hashes only.</param>
public sealed record DeadLetter(string? MessageId, string Origin, string? Reason, string Body);

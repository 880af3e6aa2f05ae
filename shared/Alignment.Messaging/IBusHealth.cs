namespace Alignment.Messaging;

/// <summary>The broker's state is a sign of slowness, never of loss: work goes on without it and the outbox grows.</summary>
public interface IBusHealth
{
    Task<BusState> CheckAsync(CancellationToken ct);
}

/// <param name="Transport"><c>memory</c>, <c>rabbitmq</c> or <c>none</c>.</param>
/// <param name="Connected">Whether messages can be published now.</param>
/// <param name="Pending">Outbox rows not sent yet.</param>
/// <param name="OldestSeconds">Age of the oldest of them; above 60 somebody should look.</param>
public sealed record BusState(string Transport, bool Connected, long Pending, double OldestSeconds);

using System.Data.Common;

namespace Alignment.Storage.Outbox;

/// <summary>
/// The only way to tell others that something happened: a row in the same transaction as the change, sent later by the dispatcher of Messaging.
/// </summary>
public interface IEventOutbox
{
    /// <param name="message">A record of Contracts.</param>
    /// <param name="key">Makes the message id deterministic, so that a repeated write sends nothing new; null gives a fresh id.</param>
    /// <param name="delay">How long the message stays back; null sends at once.</param>
    Task AddAsync(DbTransaction transaction, object message, string? key, TimeSpan? delay, CancellationToken ct);
}

/// <summary>For hosts without a bus (command line recipes): rows alone carry the truth, nobody is informed.</summary>
public sealed class NoOutbox : IEventOutbox
{
    public Task AddAsync(DbTransaction transaction, object message, string? key, TimeSpan? delay, CancellationToken ct) => Task.CompletedTask;
}

using System.Data.Common;

namespace Alignment.Messaging;

/// <summary>
/// Reacts to a message with rows. Runs inside the transaction that also notes the message id, so a redelivered message has no second effect;
/// whatever happens outside the transaction may happen twice. An exception returns the message for another try.
/// </summary>
/// <typeparam name="TMessage">A record of Contracts.</typeparam>
public interface IEventHandler<in TMessage>
    where TMessage : class
{
    Task HandleAsync(TMessage message, DbTransaction transaction, CancellationToken ct);
}

using System.Data.Common;
using Alignment.Storage;
using Dapper;

namespace Alignment.Messaging.Inbox;

/// <summary>Runs a handler once per message: the id and the effect are one transaction.</summary>
internal sealed class InboxStore(IDatabase database)
{
    /// <returns>False when this consumer had handled the message before.</returns>
    public Task<bool> HandleOnceAsync(string consumer, Guid messageId, Func<DbTransaction, CancellationToken, Task> handle, CancellationToken ct) => database.WriteAsync(async (tx, token) =>
    {
        var added = await tx.Connection!.ExecuteAsync(new CommandDefinition(
            $"insert into inbox (consumer, msg_id, at) values (@consumer, @id, {database.Dialect.Now}) on conflict (consumer, msg_id) do nothing",
            new { consumer, id = messageId.ToString("N") }, tx, cancellationToken: token)).ConfigureAwait(false);
        if (added == 0)
        {
            return false;
        }

        await handle(tx, token).ConfigureAwait(false);
        return true;
    }, ct);
}

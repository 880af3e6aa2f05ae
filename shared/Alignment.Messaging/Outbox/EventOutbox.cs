using System.Data.Common;
using System.Text.Json;
using Alignment.Contracts;
using Alignment.Storage;
using Alignment.Storage.Outbox;
using Alignment.Storage.Signals;
using Dapper;

namespace Alignment.Messaging.Outbox;

/// <summary>Writes the row that the dispatcher sends after the caller's transaction has committed.</summary>
internal sealed class EventOutbox(IDatabase database, IWakeSignal wake) : IEventOutbox
{
    public async Task AddAsync(DbTransaction transaction, object message, string? key, TimeSpan? delay, CancellationToken ct)
    {
        var id = key is null ? Guid.CreateVersion7() : MessageIds.Of(key);
        await transaction.Connection!.ExecuteAsync(new CommandDefinition($"""
            insert into outbox (msg_id, type, body, created_at, due_at)
            values (@id, @type, @body, {database.Dialect.Now}, {database.Dialect.Now} + @delay)
            on conflict (msg_id) do nothing
            """,
            new { id = id.ToString("N"), type = ContractNames.Of(message.GetType()).Urn, body = JsonSerializer.Serialize(message, message.GetType(), JsonSerializerOptions.Web), delay = (long)(delay?.TotalMilliseconds ?? 0) },
            transaction, cancellationToken: ct)).ConfigureAwait(false);
        database.AfterCommit(transaction, () => wake.Raise(IWakeSignal.Outbox));
    }
}

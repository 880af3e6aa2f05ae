using Alignment.Storage;
using Dapper;

namespace Alignment.Messaging.Outbox;

/// <summary>The dispatcher's view of the outbox. Two dispatchers share the rows by a short lock; what both send the inbox absorbs.</summary>
internal sealed class OutboxStore(IDatabase database)
{
    private const int Batch = 200;
    private const long LockMilliseconds = 60_000;
    private const long KeepSentMilliseconds = 7L * 24 * 3600 * 1000;
    private const long KeepInboxMilliseconds = 14L * 24 * 3600 * 1000;

    private string Pending => $"sent_at is null and due_at <= {database.Dialect.Now} and locked_until < {database.Dialect.Now}";

    /// <summary>Locks and returns up to 200 due rows, oldest first.</summary>
    public async Task<IReadOnlyList<OutboxRow>> TakeAsync(CancellationToken ct)
    {
        var any = await database.ReadAsync((db, token) => db.ExecuteScalarAsync<long?>(new CommandDefinition(
            $"select 1 from outbox where {Pending} limit 1", cancellationToken: token)), ct).ConfigureAwait(false);
        if (any is null)
        {
            return [];
        }

        var rows = await database.WriteAsync(async (tx, token) => (await tx.Connection!.QueryAsync<OutboxRow>(new CommandDefinition($"""
            update outbox set locked_until = {database.Dialect.Now} + {LockMilliseconds}
            where seq in (select seq from outbox where {Pending} order by due_at, seq limit {Batch} {database.Dialect.SkipLocked})
            returning seq as Seq, msg_id as MsgId, type as Type, body as Body, tries as Tries
            """, transaction: tx, cancellationToken: token)).ConfigureAwait(false)).AsList(), ct).ConfigureAwait(false);
        return [.. rows.OrderBy(row => row.Seq)];
    }

    public Task MarkSentAsync(IReadOnlyCollection<long> seqs, CancellationToken ct) => seqs.Count == 0 ? Task.CompletedTask : database.WriteAsync((tx, token) =>
        tx.Connection!.ExecuteAsync(new CommandDefinition($"update outbox set sent_at = {database.Dialect.Now}, last_error = null where {database.Dialect.In("seq", "seqs")}",
            new { seqs = seqs.ToArray() }, tx, cancellationToken: token)), ct);

    /// <summary>The row waits 1 s, 2 s, 4 s … at most a minute, and never gives up.</summary>
    public Task PostponeAsync(OutboxRow row, string error, CancellationToken ct) => database.WriteAsync((tx, token) =>
        tx.Connection!.ExecuteAsync(new CommandDefinition(
            $"update outbox set tries = tries + 1, last_error = @error, due_at = {database.Dialect.Now} + @wait, locked_until = 0 where seq = @seq",
            new { seq = row.Seq, error, wait = Math.Min(60_000, 1000L << (int)Math.Min(row.Tries, 6)) }, tx, cancellationToken: token)), ct);

    /// <summary>Sends again what an in-memory bus may have lost with its process.</summary>
    public Task<int> ReplayAsync(TimeSpan window, CancellationToken ct) => database.WriteAsync((tx, token) =>
        tx.Connection!.ExecuteAsync(new CommandDefinition(
            $"update outbox set sent_at = null, locked_until = 0 where sent_at > {database.Dialect.Now} - @window or (sent_at is null and locked_until > 0)",
            new { window = (long)window.TotalMilliseconds }, tx, cancellationToken: token)), ct);

    public Task PruneAsync(CancellationToken ct) => database.WriteAsync((tx, token) => tx.Connection!.ExecuteAsync(new CommandDefinition(
        $"delete from outbox where sent_at < {database.Dialect.Now} - {KeepSentMilliseconds}; delete from inbox where at < {database.Dialect.Now} - {KeepInboxMilliseconds};",
        transaction: tx, cancellationToken: token)), ct);

    /// <returns>Unsent rows and the age of the oldest in milliseconds; delayed rows are not late.</returns>
    public Task<(long Count, long OldestMilliseconds)> BacklogAsync(CancellationToken ct) => database.ReadAsync(async (db, token) =>
    {
        var count = await db.ExecuteScalarAsync<long>(new CommandDefinition($"select count(*) from outbox where sent_at is null and created_at <= {database.Dialect.Now}", cancellationToken: token)).ConfigureAwait(false);
        var oldest = await db.ExecuteScalarAsync<long?>(new CommandDefinition($"select {database.Dialect.Now} - min(created_at) from outbox where sent_at is null", cancellationToken: token)).ConfigureAwait(false);
        return (count, oldest ?? 0);
    }, ct);
}

using System.Data.Common;
using System.Text.Json;
using Alignment.Contracts.Cycles;
using Alignment.Storage;
using Alignment.Storage.Signals;
using Dapper;

namespace Alignment.Cycles.Cycles;

/// <summary>The rows of cycles: created once per idempotency key, listed newest first.</summary>
internal sealed class CycleStore(IDatabase database, IWakeSignal signal, TimeProvider time)
{
    /// <summary>The cycle of the key, created when it does not exist; null when the line has another open cycle.</summary>
    public Task<CycleRow?> CreateAsync(string modelLine, CycleConfig config, string cause, string idempotencyKey, CancellationToken ct) =>
        database.WriteAsync((tx, token) => CreateAsync(tx, modelLine, config, cause, idempotencyKey, token), ct);

    public async Task<CycleRow?> CreateAsync(DbTransaction tx, string modelLine, CycleConfig config, string cause, string idempotencyKey, CancellationToken ct)
    {
        var now = time.Now();
        await tx.Connection!.ExecuteAsync(new CommandDefinition(
            """
            insert into cycles (id, model_line, idem_key, stage, version, cause, config, created_at, updated_at)
            values (@id, @line, @key, @stage, 0, @cause, @config, @now, @now)
            on conflict do nothing
            """,
            new { id = Ids.New(time), line = modelLine, key = idempotencyKey, stage = CycleStages.Scheduled, cause, config = JsonSerializer.Serialize(config, JsonSerializerOptions.Web), now },
            tx, cancellationToken: ct));
        database.AfterCommit(tx, () => signal.Raise(IWakeSignal.Cycles));
        return await tx.Connection!.QuerySingleOrDefaultAsync<CycleRow?>(new CommandDefinition(
            $"select {CycleRow.Columns} from cycles where idem_key = @key", new { key = idempotencyKey }, tx, cancellationToken: ct));
    }

    public Task<CycleRow?> FindAsync(string id, CancellationToken ct) => database.ReadAsync((connection, token) =>
        connection.QuerySingleOrDefaultAsync<CycleRow?>(new CommandDefinition($"select {CycleRow.Columns} from cycles where id = @id", new { id }, cancellationToken: token)), ct);

    public Task<IReadOnlyList<CycleRow>> ListAsync(string? before, int limit, CancellationToken ct) => database.ReadAsync(async (connection, token) =>
        (IReadOnlyList<CycleRow>)[.. await connection.QueryAsync<CycleRow>(new CommandDefinition(
            $"select {CycleRow.Columns} from cycles where cast(@before as text) is null or id < @before order by id desc limit @limit", new { before, limit }, cancellationToken: token))], ct);

    public Task<IReadOnlyList<string>> OpenAsync(CancellationToken ct) => database.ReadAsync(async (connection, token) =>
        (IReadOnlyList<string>)[.. await connection.QueryAsync<string>(new CommandDefinition(
            "select id from cycles where stage not in ('Completed', 'Rejected', 'Failed', 'Canceled') order by id", cancellationToken: token))], ct);

    public Task<IReadOnlyList<CycleEvent>> EventsAsync(string id, CancellationToken ct) => database.ReadAsync(async (connection, token) =>
        (IReadOnlyList<CycleEvent>)[.. await connection.QueryAsync<CycleEvent>(new CommandDefinition(
            "select version, from_stage as FromStage, to_stage as ToStage, cause, at from cycle_events where cycle_id = @id order by version", new { id }, cancellationToken: token))], ct);
}

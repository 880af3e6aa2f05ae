using System.Data.Common;
using Alignment.Storage;
using Dapper;

namespace Alignment.Checkpoints.Registry;

/// <summary>The rows of the registry. A checkpoint is written once and never changed.</summary>
internal sealed class CheckpointRegistry(IDatabase database, TimeProvider time)
{
    private const string Columns = "id, digest, kind, name, parent_digest as ParentDigest, job_id as JobId, cycle_id as CycleId, snapshot_digest as SnapshotDigest, metrics, created_at as CreatedAt";

    /// <summary>Inserts the checkpoint unless its digest is known; returns the stored row either way.</summary>
    public Task<CheckpointRecord> RegisterAsync(CheckpointRecord checkpoint, CancellationToken ct) =>
        database.WriteAsync((tx, token) => RegisterAsync(tx, checkpoint, token), ct);

    public async Task<CheckpointRecord> RegisterAsync(DbTransaction tx, CheckpointRecord checkpoint, CancellationToken ct)
    {
        var row = checkpoint with { CreatedAt = time.GetUtcNow().ToUnixTimeMilliseconds() };
        await tx.Connection!.ExecuteAsync(new CommandDefinition(
            """
            insert into checkpoints (id, digest, kind, name, parent_digest, job_id, cycle_id, snapshot_digest, metrics, created_at)
            values (@Id, @Digest, @Kind, @Name, @ParentDigest, @JobId, @CycleId, @SnapshotDigest, @Metrics, @CreatedAt)
            on conflict (digest) do nothing
            """, row, tx, cancellationToken: ct));
        return await tx.Connection!.QuerySingleAsync<CheckpointRecord>(new CommandDefinition(
            $"select {Columns} from checkpoints where digest = @Digest", row, tx, cancellationToken: ct));
    }

    /// <summary>By id, digest or alias; null when there is none.</summary>
    public Task<CheckpointRecord?> FindAsync(string reference, CancellationToken ct) => database.ReadAsync((connection, token) =>
        connection.QuerySingleOrDefaultAsync<CheckpointRecord?>(new CommandDefinition(
            $"""
            select {Columns} from checkpoints
            where id = @reference or digest = @reference or id = (select checkpoint_id from aliases where name = @reference)
            """, new { reference }, cancellationToken: token)), ct);

    /// <summary>Newest first; <paramref name="before"/> is the id of the last row seen.</summary>
    public Task<IReadOnlyList<CheckpointRecord>> ListAsync(string? before, int limit, CancellationToken ct) => database.ReadAsync(async (connection, token) =>
        (IReadOnlyList<CheckpointRecord>)[.. await connection.QueryAsync<CheckpointRecord>(new CommandDefinition(
            $"select {Columns} from checkpoints where cast(@before as text) is null or id < @before order by id desc limit @limit", new { before, limit }, cancellationToken: token))], ct);

    /// <summary>The checkpoint and its ancestors, child first; stops at a parent that was never registered.</summary>
    public Task<IReadOnlyList<CheckpointRecord>> LineageAsync(string digest, CancellationToken ct) => database.ReadAsync(async (connection, token) =>
    {
        var line = new List<CheckpointRecord>();
        for (var next = digest; next is not null && line.All(c => c.Digest != next);)
        {
            var row = await connection.QuerySingleOrDefaultAsync<CheckpointRecord?>(new CommandDefinition(
                $"select {Columns} from checkpoints where digest = @next", new { next }, cancellationToken: token));
            if (row is null)
            {
                break;
            }

            line.Add(row);
            next = row.ParentDigest;
        }

        return (IReadOnlyList<CheckpointRecord>)line;
    }, ct);
}

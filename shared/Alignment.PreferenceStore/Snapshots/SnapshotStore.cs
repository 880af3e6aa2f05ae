using System.Data.Common;
using Alignment.Storage;
using Dapper;

namespace Alignment.PreferenceStore.Snapshots;

/// <summary>The list of frozen data sets and the judgements each rests on. Rows are never changed.</summary>
public sealed class SnapshotStore(IDatabase database, TimeProvider clock)
{
    private const string Columns = """
        digest as "Digest", project_id as "ProjectId", kind as "Kind", name as "Name", train_rows as "TrainRows", heldout_rows as "HeldoutRows",
        manifest as "Manifest", created_at as "CreatedAt"
        """;

    /// <summary>Records a committed artifact; <see cref="Snapshot.CreatedAt"/> is set here. Recording it again changes nothing.</summary>
    public async Task RecordAsync(DbTransaction tx, Snapshot snapshot, IReadOnlyList<string> judgementIds, CancellationToken ct)
    {
        var inserted = await tx.Connection!.ExecuteAsync(new CommandDefinition("""
            insert into snapshots (digest, project_id, kind, name, train_rows, heldout_rows, manifest, created_at)
            values (@Digest, @ProjectId, @Kind, @Name, @TrainRows, @HeldoutRows, @Manifest, @CreatedAt)
            on conflict (digest) do nothing
            """, snapshot with { CreatedAt = clock.Now() }, tx, cancellationToken: ct));
        if (inserted == 1)
        {
            await tx.Connection!.ExecuteAsync(new CommandDefinition("insert into snapshot_judgements (snapshot_digest, judgement_id) values (@Digest, @judgement)",
                judgementIds.Select(judgement => new { snapshot.Digest, judgement }), tx, cancellationToken: ct));
        }
    }

    public Task RecordAsync(Snapshot snapshot, CancellationToken ct) => database.WriteAsync((tx, token) => RecordAsync(tx, snapshot, [], token), ct);

    public Task<Snapshot?> FindAsync(string digest, CancellationToken ct) => database.ReadAsync((connection, token) => connection.QuerySingleOrDefaultAsync<Snapshot>(
        new CommandDefinition($"select {Columns} from snapshots where digest = @digest", new { digest }, cancellationToken: token)), ct);

    /// <summary>Newest first, below the given position (time and digest of the last row seen; null = from the newest).</summary>
    public Task<IReadOnlyList<Snapshot>> ListAsync((long CreatedAt, string Digest)? before, int limit, CancellationToken ct) => database.ReadAsync<IReadOnlyList<Snapshot>>(async (connection, token) =>
        (await connection.QueryAsync<Snapshot>(new CommandDefinition($"""
            select {Columns} from snapshots where created_at < @time or (created_at = @time and digest < @digest)
            order by created_at desc, digest desc limit @limit
            """, new { time = before?.CreatedAt ?? long.MaxValue, digest = before?.Digest ?? "", limit }, cancellationToken: token))).AsList(), ct);
}

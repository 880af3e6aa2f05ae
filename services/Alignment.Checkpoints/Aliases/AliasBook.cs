using System.Data.Common;
using Alignment.Checkpoints.Registry;
using Alignment.ServiceDefaults;
using Alignment.Storage;
using Dapper;

namespace Alignment.Checkpoints.Aliases;

/// <summary>Names that point at checkpoints, and every move they made.</summary>
internal sealed class AliasBook(IDatabase database, TimeProvider time)
{
    /// <summary>Moves the alias inside the caller's transaction; moving it to where it points already changes nothing.</summary>
    public async Task<long> MoveAsync(DbTransaction tx, string alias, CheckpointRecord to, string reason, string? evaluationJobId, CancellationToken ct)
    {
        var connection = tx.Connection!;
        var present = await connection.QuerySingleOrDefaultAsync<Target?>(new CommandDefinition(
            "select checkpoint_id as CheckpointId, version as Version from aliases where name = @alias", new { alias }, tx, cancellationToken: ct));
        if (present?.CheckpointId == to.Id)
        {
            return present.Version;
        }

        var move = new AliasMove
        {
            Id = Guid.CreateVersion7().ToString("N"), Alias = alias, Version = (present?.Version ?? 0) + 1, FromCheckpointId = present?.CheckpointId,
            ToCheckpointId = to.Id, Reason = reason, EvaluationJobId = evaluationJobId, MovedAt = time.GetUtcNow().ToUnixTimeMilliseconds(),
        };
        await connection.ExecuteAsync(new CommandDefinition(
            """
            insert into alias_moves (id, alias, version, from_checkpoint_id, to_checkpoint_id, reason, evaluation_job_id, moved_at)
            values (@Id, @Alias, @Version, @FromCheckpointId, @ToCheckpointId, @Reason, @EvaluationJobId, @MovedAt)
            """, move, tx, cancellationToken: ct));
        await connection.ExecuteAsync(new CommandDefinition(
            """
            insert into aliases (name, checkpoint_id, version, moved_at) values (@Alias, @ToCheckpointId, @Version, @MovedAt)
            on conflict (name) do update set checkpoint_id = excluded.checkpoint_id, version = excluded.version, moved_at = excluded.moved_at
            """, move, tx, cancellationToken: ct));
        return move.Version;
    }

    /// <summary>As the transaction form, guarded by the version the caller saw (<c>If-Match</c>).</summary>
    public Task<long> MoveAsync(string alias, CheckpointRecord to, string reason, long? expectedVersion, CancellationToken ct) => database.WriteAsync(async (tx, token) =>
    {
        var version = await tx.Connection!.ExecuteScalarAsync<long?>(new CommandDefinition("select version from aliases where name = @alias", new { alias }, tx, cancellationToken: token)) ?? 0;
        if (expectedVersion is { } expected && expected != version)
        {
            throw new ProblemException(412, "The alias has moved.", $"If-Match says version {expected}; '{alias}' is at {version}. Read it again.", "alias-moved");
        }

        return await MoveAsync(tx, alias, to, reason, null, token);
    }, ct);

    public Task<IReadOnlyList<AliasRow>> ListAsync(CancellationToken ct) => database.ReadAsync(async (connection, token) =>
        (IReadOnlyList<AliasRow>)[.. await connection.QueryAsync<AliasRow>(new CommandDefinition(
            """
            select a.name as Name, a.checkpoint_id as CheckpointId, c.digest as Digest, c.kind as Kind, a.version as Version, a.moved_at as MovedAt
            from aliases a join checkpoints c on c.id = a.checkpoint_id order by a.name
            """, cancellationToken: token))], ct);

    public Task<IReadOnlyList<AliasMove>> HistoryAsync(string alias, CancellationToken ct) => database.ReadAsync(async (connection, token) =>
        (IReadOnlyList<AliasMove>)[.. await connection.QueryAsync<AliasMove>(new CommandDefinition(
            """
            select id, alias, version, from_checkpoint_id as FromCheckpointId, to_checkpoint_id as ToCheckpointId, reason, evaluation_job_id as EvaluationJobId, moved_at as MovedAt
            from alias_moves where alias = @alias order by version desc
            """, new { alias }, cancellationToken: token))], ct);

    private sealed record Target
    {
        public string CheckpointId { get; init; } = "";

        public long Version { get; init; }
    }
}

/// <summary>An alias as it stands.</summary>
internal sealed record AliasRow
{
    public required string Name { get; init; }

    public required string CheckpointId { get; init; }

    public required string Digest { get; init; }

    public required string Kind { get; init; }

    public required long Version { get; init; }

    public required long MovedAt { get; init; }
}

using System.Data.Common;
using Alignment.Storage;
using Dapper;

namespace Alignment.PreferenceStore.Projects;

/// <summary>Projects by id, by name and in pages.</summary>
public sealed class ProjectStore(IDatabase database, TimeProvider clock)
{
    private const string Columns = """
        id as "Id", name as "Name", guidelines as "Guidelines", rubric as "Rubric", language as "Language",
        candidates_per_task as "CandidatesPerTask", judgements_per_task as "JudgementsPerTask",
        lease_minutes as "LeaseMinutes", seed as "Seed", created_at as "CreatedAt"
        """;

    /// <summary>Creates the project, or answers null when the name is taken.</summary>
    public Task<Project?> CreateAsync(NewProject project, CancellationToken ct = default) => database.WriteAsync(async (tx, token) =>
    {
        var row = new Project(Ids.New(clock), project.Name, project.Guidelines, project.Rubric, project.Language, project.CandidatesPerTask,
            project.JudgementsPerTask, project.LeaseMinutes, project.Seed, clock.Now());
        var inserted = await tx.Connection!.ExecuteAsync(new CommandDefinition("""
            insert into projects (id, name, guidelines, rubric, language, candidates_per_task, judgements_per_task, lease_minutes, seed, turn, created_at)
            values (@Id, @Name, @Guidelines, @Rubric, @Language, @CandidatesPerTask, @JudgementsPerTask, @LeaseMinutes, @Seed, 0, @CreatedAt)
            on conflict (name) do nothing
            """, row, tx, cancellationToken: token));
        return inserted == 1 ? row : null;
    }, ct);

    public Task<Project?> FindAsync(string id, CancellationToken ct = default) => OneAsync("id", id, ct);

    public Task<Project?> FindByNameAsync(string name, CancellationToken ct = default) => OneAsync("name", name, ct);

    /// <summary>Projects in order of creation, after the given id (exclusive; null = from the start).</summary>
    public Task<IReadOnlyList<Project>> ListAsync(string? after, int limit, CancellationToken ct = default) => database.ReadAsync<IReadOnlyList<Project>>(async (connection, token) =>
        (await connection.QueryAsync<Project>(new CommandDefinition($"select {Columns} from projects where id > @after order by id limit @limit",
            new { after = after ?? "", limit }, cancellationToken: token))).AsList(), ct);

    internal static Task<Project?> FindAsync(DbTransaction tx, string id, CancellationToken ct) =>
        tx.Connection!.QuerySingleOrDefaultAsync<Project>(new CommandDefinition($"select {Columns} from projects where id = @id", new { id }, tx, cancellationToken: ct));

    /// <summary>
    /// Makes the caller the only writer of this project until its transaction ends: an updated row is locked in both dialects,
    /// so slots are never over-filled and a retried submission sees the first one.
    /// </summary>
    internal static async Task<bool> TakeTurnAsync(DbTransaction tx, string projectId, CancellationToken ct) =>
        await tx.Connection!.ExecuteAsync(new CommandDefinition("update projects set turn = turn + 1 where id = @projectId", new { projectId }, tx, cancellationToken: ct)) == 1;

    private Task<Project?> OneAsync(string column, string value, CancellationToken ct) => database.ReadAsync((connection, token) =>
        connection.QuerySingleOrDefaultAsync<Project>(new CommandDefinition($"select {Columns} from projects where {column} = @value", new { value }, cancellationToken: token)), ct);
}

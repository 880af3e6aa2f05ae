using System.Data.Common;
using Alignment.PreferenceStore.Projects;
using Alignment.Storage;
using Dapper;

namespace Alignment.PreferenceStore.Prompts;

/// <summary>Prompts of a project; the same prompt added twice is one row.</summary>
public sealed class PromptStore(IDatabase database, TimeProvider clock)
{
    private const string Columns = """
        p.id as "Id", p.project_id as "ProjectId", p.content as "Content", p.group_hash as "GroupHash", p.language as "Language",
        p.ordinal as "Ordinal", p.created_at as "CreatedAt"
        """;

    /// <summary>Adds what is new and answers the prompts in the order given, existing ones included.</summary>
    /// <exception cref="KeyNotFoundException">No such project.</exception>
    public Task<IReadOnlyList<Prompt>> AddAsync(string projectId, IReadOnlyList<NewPrompt> prompts, CancellationToken ct = default) =>
        database.WriteAsync((tx, token) => AddAsync(tx, projectId, prompts, token), ct);

    /// <summary>The same inside a transaction of the caller.</summary>
    public async Task<IReadOnlyList<Prompt>> AddAsync(DbTransaction tx, string projectId, IReadOnlyList<NewPrompt> prompts, CancellationToken ct = default)
    {
        var project = await ProjectStore.FindAsync(tx, projectId, ct) ?? throw new KeyNotFoundException($"Project {projectId} does not exist.");
        var now = clock.Now();
        var result = new List<Prompt>(prompts.Count);
        foreach (var (prompt, ordinal) in prompts.Select((p, i) => (p, i)))
        {
            var row = new Prompt(Ids.New(clock), projectId, prompt.Content, PromptContent.GroupOf(prompt.Content),
                prompt.Language.Length > 0 ? prompt.Language : project.Language, ordinal, now);
            await tx.Connection!.ExecuteAsync(new CommandDefinition("""
                insert into prompts (id, project_id, content, group_hash, language, ordinal, created_at)
                values (@Id, @ProjectId, @Content, @GroupHash, @Language, @Ordinal, @CreatedAt)
                on conflict (project_id, group_hash) do nothing
                """, row, tx, cancellationToken: ct));
            result.Add(await tx.Connection!.QuerySingleAsync<Prompt>(new CommandDefinition(
                $"select {Columns} from prompts p where p.project_id = @ProjectId and p.group_hash = @GroupHash", row, tx, cancellationToken: ct)));
        }

        return result;
    }

    /// <summary>Prompts that have no task in the batch yet, oldest first: what candidate generation still has to answer.</summary>
    public Task<IReadOnlyList<Prompt>> WithoutTaskAsync(string projectId, string batch, int limit, CancellationToken ct = default) => QueryAsync($"""
        select {Columns} from prompts p
        where p.project_id = @projectId and not exists (select 1 from tasks t where t.prompt_id = p.id and t.batch = @batch)
        order by p.created_at, p.ordinal, p.id limit @limit
        """, new { projectId, batch, limit }, ct);

    /// <summary>All prompts in the order they were added.</summary>
    public Task<IReadOnlyList<Prompt>> InOrderAsync(string projectId, int limit, CancellationToken ct = default) => QueryAsync(
        $"select {Columns} from prompts p where p.project_id = @projectId order by p.created_at, p.ordinal, p.id limit @limit", new { projectId, limit }, ct);

    /// <summary>Prompts in the order of their ids, after the given one (exclusive; null = from the start).</summary>
    public Task<IReadOnlyList<Prompt>> ListAsync(string projectId, string? after, int limit, CancellationToken ct = default) => QueryAsync(
        $"select {Columns} from prompts p where p.project_id = @projectId and p.id > @after order by p.id limit @limit",
        new { projectId, after = after ?? "", limit }, ct);

    private Task<IReadOnlyList<Prompt>> QueryAsync(string sql, object parameters, CancellationToken ct) => database.ReadAsync<IReadOnlyList<Prompt>>(async (connection, token) =>
        (await connection.QueryAsync<Prompt>(new CommandDefinition(sql, parameters, cancellationToken: token))).AsList(), ct);
}

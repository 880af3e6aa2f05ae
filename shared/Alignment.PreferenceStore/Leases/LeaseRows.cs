using System.Data.Common;
using Dapper;

namespace Alignment.PreferenceStore.Leases;

/// <summary>Reads a lease as an annotator may see it.</summary>
internal static class LeaseRows
{
    public static async Task<LeasedTask?> LoadAsync(DbConnection connection, DbTransaction? tx, string leaseId, CancellationToken ct)
    {
        var row = await connection.QuerySingleOrDefaultAsync<Row>(new CommandDefinition("""
            select l.id as "Id", l.task_id as "TaskId", t.project_id as "ProjectId", p.content as "Content", p.language as "Language",
                   l.presented_order as "PresentedOrder", l.acquired_at as "AcquiredAt", l.expires_at as "ExpiresAt"
            from leases l join tasks t on t.id = l.task_id join prompts p on p.id = t.prompt_id where l.id = @leaseId
            """, new { leaseId }, tx, cancellationToken: ct));
        if (row is null)
        {
            return null;
        }

        var texts = (await connection.QueryAsync<(string Id, string Text)>(new CommandDefinition(
            "select id, text from candidates where task_id = @TaskId", row, tx, cancellationToken: ct))).ToDictionary(c => c.Id, c => c.Text);
        var choices = PresentedOrder.Parse(row.PresentedOrder).Select((id, i) => new Choice(PresentedOrder.LabelOf(i), texts[id])).ToList();
        return new LeasedTask(row.Id, row.TaskId, row.ProjectId, row.Content, row.Language, choices, row.AcquiredAt, row.ExpiresAt);
    }

    private sealed record Row(string Id, string TaskId, string ProjectId, string Content, string Language, string PresentedOrder, long AcquiredAt, long ExpiresAt);
}

using System.Text.Json;
using Alignment.PreferenceStore.Leases;
using Alignment.Storage;
using Dapper;

namespace Alignment.PreferenceStore.Preferences;

/// <summary>Progress and quality of the judgements of a project.</summary>
public sealed class FeedbackReader(IDatabase database)
{
    /// <param name="batch">Only this batch; null = the whole project.</param>
    public Task<FeedbackProgress> ProgressAsync(string projectId, string? batch = null, CancellationToken ct = default) => database.ReadAsync((connection, token) =>
        connection.QuerySingleAsync<FeedbackProgress>(new CommandDefinition($"""
            select count(*) as "Tasks",
                   cast(coalesce(sum(case when t.state = 'complete' then 1 else 0 end), 0) as bigint) as "Complete",
                   cast(coalesce(sum(case when t.state = 'parked' then 1 else 0 end), 0) as bigint) as "Parked",
                   cast(coalesce(sum(case when t.state = 'parked' then 0 else t.required end), 0) as bigint) as "Required",
                   cast(coalesce(sum(case when t.state = 'parked' then 0 when t.received < t.required then t.received else t.required end), 0) as bigint) as "Received",
                   cast(coalesce(sum((select count(*) from skips s where s.task_id = t.id)), 0) as bigint) as "Skips",
                   cast(coalesce(sum((select count(*) from flags f where f.task_id = t.id)), 0) as bigint) as "Flags"
            from tasks t where t.project_id = @projectId{Only(batch)}
            """, new { projectId, batch = batch ?? "" }, cancellationToken: token)), ct);

    public Task<IReadOnlyList<AnnotatorProgress>> AnnotatorsAsync(string projectId, string? batch = null, CancellationToken ct = default) => database.ReadAsync<IReadOnlyList<AnnotatorProgress>>(async (connection, token) =>
    {
        var rows = await connection.QueryAsync<(string Handle, string Kind, long ActiveMs)>(new CommandDefinition($"""
            select a.handle, a.kind, j.active_ms from current_judgements j join annotators a on a.id = j.annotator_id join tasks t on t.id = j.task_id
            where j.project_id = @projectId{Only(batch)} order by a.handle, j.active_ms
            """, new { projectId, batch = batch ?? "" }, cancellationToken: token));
        return [.. rows.GroupBy(r => (r.Handle, r.Kind)).Select(g => new AnnotatorProgress(g.Key.Handle, g.Key.Kind, g.Count(), Median([.. g.Select(r => r.ActiveMs)])))];
    }, ct);

    /// <summary>Every pair of every current ranking, in an order that depends on content alone.</summary>
    public Task<IReadOnlyList<PairVerdict>> VerdictsAsync(string projectId, string? batch = null, CancellationToken ct = default) => database.ReadAsync<IReadOnlyList<PairVerdict>>(async (connection, token) =>
    {
        var rows = await connection.QueryAsync<VerdictRow>(new CommandDefinition($"""
            select v.task_id as "TaskId", x.text_hash as "Preferred", y.text_hash as "Other", a.handle as "Handle", v.tie as "Tie"
            from preferences v join tasks t on t.id = v.task_id join annotators a on a.id = v.annotator_id
            join candidates x on x.id = v.preferred_id join candidates y on y.id = v.other_id
            where v.project_id = @projectId{Only(batch)}
            """, new { projectId, batch = batch ?? "" }, cancellationToken: token));
        return [.. rows.Select(r => r.ToVerdict()).OrderBy(v => v.FirstHash, StringComparer.Ordinal).ThenBy(v => v.SecondHash, StringComparer.Ordinal).ThenBy(v => v.Handle, StringComparer.Ordinal)];
    }, ct);

    /// <summary>Who wins, by place on the screen.</summary>
    public Task<IReadOnlyList<SlotShare>> SlotsAsync(string projectId, string? batch = null, CancellationToken ct = default) => database.ReadAsync<IReadOnlyList<SlotShare>>(async (connection, token) =>
    {
        var rows = (await connection.QueryAsync<(string Ranking, string Order)>(new CommandDefinition($"""
            select j.ranking, l.presented_order from current_judgements j join leases l on l.id = j.lease_id join tasks t on t.id = j.task_id
            where j.project_id = @projectId{Only(batch)}
            """, new { projectId, batch = batch ?? "" }, cancellationToken: token))).AsList();
        var wins = new SortedDictionary<int, double>();
        foreach (var (ranking, order) in rows)
        {
            var places = PresentedOrder.Parse(order).Select((id, i) => (id, i)).ToDictionary(p => p.id, p => p.i);
            var best = JsonSerializer.Deserialize<string[][]>(ranking)![0];
            foreach (var place in places.Values)
            {
                wins.TryAdd(place, 0);
            }

            foreach (var winner in best)
            {
                wins[places[winner]] += 1.0 / best.Length;
            }
        }

        return [.. wins.Select(w => new SlotShare(PresentedOrder.LabelOf(w.Key), w.Value, w.Value / rows.Count))];
    }, ct);

    private static string Only(string? batch) => batch is null ? "" : " and t.batch = @batch";

    private static double Median(List<long> sorted) => (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2.0;

    // Properties, not a constructor: SQLite cannot name the type of a computed column (the tie) when there are no rows.
    private sealed record VerdictRow
    {
        public string TaskId { get; init; } = "";

        public string Preferred { get; init; } = "";

        public string Other { get; init; } = "";

        public string Handle { get; init; } = "";

        public long Tie { get; init; }

        public PairVerdict ToVerdict()
        {
            var inOrder = string.CompareOrdinal(Preferred, Other) < 0;
            var (first, second) = inOrder ? (Preferred, Other) : (Other, Preferred);
            return new PairVerdict(TaskId, first, second, Handle, Tie != 0 ? 0 : inOrder ? 1 : -1);
        }
    }
}

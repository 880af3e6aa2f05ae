using Alignment.Storage;
using Dapper;

namespace Alignment.PreferenceStore.Preferences;

/// <summary>
/// Aggregates rankings into preference pairs: each current ranking votes on each of its pairs, a tie counts one half for both sides, the majority
/// decides, an even pair is a tie and left out (counted). The order of the rows depends on content alone.
/// </summary>
public sealed class PreferenceAggregator(IDatabase database)
{
    public Task<PreferenceSet> PairsAsync(string projectId, PreferenceRule rule, CancellationToken ct = default) => database.ReadAsync(async (connection, token) =>
    {
        var only = rule.Batch is null ? "" : " and t.batch = @batch";
        var parameters = new { projectId, batch = rule.Batch ?? "" };
        var flagged = (await connection.QueryAsync<string>(new CommandDefinition(
            $"select distinct f.task_id from flags f join tasks t on t.id = f.task_id where t.project_id = @projectId{only}", parameters, cancellationToken: token))).ToHashSet();
        var votes = (await connection.QueryAsync<Vote>(new CommandDefinition($"""
            select v.task_id as "TaskId", v.judgement_id as "JudgementId", p.group_hash as "GroupHash", p.content as "Prompt", p.language as "Language",
                   x.text as "Preferred", y.text as "Other", v.tie as "Tie"
            from preferences v join tasks t on t.id = v.task_id join prompts p on p.id = t.prompt_id
            join candidates x on x.id = v.preferred_id join candidates y on y.id = v.other_id
            where v.project_id = @projectId{only}
            """, parameters, cancellationToken: token))).AsList();
        return Aggregate(rule.IncludeFlagged ? votes : votes.Where(v => !flagged.Contains(v.TaskId)), rule, rule.IncludeFlagged ? 0 : flagged.Count);
    }, ct);

    internal static PreferenceSet Aggregate(IEnumerable<Vote> votes, PreferenceRule rule, int flaggedTasks)
    {
        var pairs = new List<PreferencePair>();
        var judgements = new SortedSet<string>(StringComparer.Ordinal);
        int ties = 0, tooFew = 0, belowMargin = 0;
        foreach (var pair in votes.GroupBy(v => (v.TaskId, v.First, v.Second)))
        {
            var all = pair.ToList();
            var firstWins = (all.Count(v => v.Tie == 0 && v.Preferred == v.First) + (0.5 * all.Count(v => v.Tie != 0))) / all.Count;
            var winShare = Math.Max(firstWins, 1 - firstWins);
            if (all.Count < rule.MinimumVotes)
            {
                tooFew++;
            }
            else if (winShare == 0.5)
            {
                ties++;
            }
            else if (winShare - 0.5 < rule.MinimumMargin)
            {
                belowMargin++;
            }
            else
            {
                var (chosen, rejected) = firstWins > 0.5 ? (pair.Key.First, pair.Key.Second) : (pair.Key.Second, pair.Key.First);
                pairs.Add(new PreferencePair(all[0].GroupHash, all[0].Prompt, all[0].Language, chosen, rejected, all.Count, winShare, all.Count(v => v.Tie != 0) / (double)all.Count));
                judgements.UnionWith(all.Select(v => v.JudgementId));
            }
        }

        pairs.Sort((a, b) => string.CompareOrdinal($"{a.GroupHash}\n{a.Chosen}\n{a.Rejected}", $"{b.GroupHash}\n{b.Chosen}\n{b.Rejected}"));
        return new PreferenceSet(pairs, ties, tooFew, belowMargin, flaggedTasks, [.. judgements]);
    }

    // Properties, not a constructor: SQLite cannot name the type of a computed column (the tie) when there are no rows.
    internal sealed record Vote
    {
        public string TaskId { get; init; } = "";

        public string JudgementId { get; init; } = "";

        public string GroupHash { get; init; } = "";

        public string Prompt { get; init; } = "";

        public string Language { get; init; } = "";

        public string Preferred { get; init; } = "";

        public string Other { get; init; } = "";

        public long Tie { get; init; }

        public string First => string.CompareOrdinal(Preferred, Other) < 0 ? Preferred : Other;

        public string Second => string.CompareOrdinal(Preferred, Other) < 0 ? Other : Preferred;
    }
}

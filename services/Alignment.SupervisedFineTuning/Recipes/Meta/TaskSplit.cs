using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;

namespace Alignment.SupervisedFineTuning.Recipes.Meta;

/// <summary>One task and its rows.</summary>
public sealed record TaskSet(string Name, IReadOnlyList<SftRow> Rows);

/// <summary>Tasks to learn from and tasks that no training sees: a cluster is on one side only, so the two are disjoint by construction.</summary>
public sealed record TaskSplit(IReadOnlyList<TaskSet> Seen, IReadOnlyList<TaskSet> Unseen)
{
    /// <exception cref="OptionsException">A named cluster does not exist, or one side is empty.</exception>
    public static TaskSplit Of(IReadOnlyList<TaskRow> rows, MetaOptions options)
    {
        var clusters = rows.Select(r => r.Cluster).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        var strange = options.Unseen.Where(u => !clusters.Contains(u, StringComparer.Ordinal)).ToList();
        if (strange.Count > 0)
        {
            throw new OptionsException([$"unseen: there is no cluster {string.Join(", ", strange)}{NearestName.Hint(strange[0], clusters)}"]);
        }

        var order = new Shuffle(options.Seed, 0).Permutation(clusters.Count);
        var held = options.Unseen.Count > 0 ? options.Unseen.ToHashSet(StringComparer.Ordinal)
            : order.Take(Math.Max(1, (int)Math.Round(clusters.Count * options.UnseenShare))).Select(i => clusters[i]).ToHashSet(StringComparer.Ordinal);
        if (held.Count >= clusters.Count)
        {
            throw new OptionsException([$"{options.TaskField}: the data hold {clusters.Count} clusters of tasks, and {held.Count} are held out: nothing is left to learn from."]);
        }

        IReadOnlyList<TaskSet> Tasks(bool unseen) => [.. rows.Where(r => held.Contains(r.Cluster) == unseen).GroupBy(r => (r.Cluster, r.Task))
            .OrderBy(g => g.Key.Cluster, StringComparer.Ordinal).ThenBy(g => g.Key.Task, StringComparer.Ordinal).Select(g => new TaskSet(g.Key.Task, [.. g.Select(r => r.Row)]))];
        return new(Tasks(false), Tasks(true));
    }
}

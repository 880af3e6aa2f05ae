using Alignment.ModelCore.Data;

namespace Alignment.SupervisedFineTuning.Recipes.Meta;

/// <summary>A task to adapt to: its steps' rows, and other rows of it to be judged by.</summary>
/// <param name="Support">One batch for each inner step.</param>
internal sealed record Episode(string Task, IReadOnlyList<IReadOnlyList<TokenRow>> Support, IReadOnlyList<TokenRow> Query);

/// <summary>What a run draws from the seen tasks, made before the first step: a resumed run draws the same.</summary>
internal static class Episodes
{
    /// <summary>Rows of the plain mixture, or with demonstrations in front.</summary>
    public static IReadOnlyList<TokenRow> Rows(IReadOnlyList<TaskSet> tasks, MetaOptions o, Demonstrations show, int count, int shots)
    {
        var mixture = Mixture(tasks, o);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            var task = tasks[mixture.Next()].Rows;
            var asked = mixture.Some(1, task.Count)[0];
            return show.Of([.. mixture.Some(shots, task.Count, without: asked).Select(i => task[i])], task[asked]);
        }).Where(r => r.Targets > 0)];
    }

    /// <summary>Tasks with rows to adapt on and, as far as the task has them, others to be judged by.</summary>
    public static IReadOnlyList<Episode> Tasks(IReadOnlyList<TaskSet> tasks, MetaOptions o, Demonstrations encode, int count)
    {
        var mixture = Mixture(tasks, o);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            var task = tasks[mixture.Next()];
            var rows = mixture.Some((o.InnerSteps + 1) * o.InnerRows, task.Rows.Count).Select(i => encode.Of([], task.Rows[i])).Where(r => r.Targets > 0).ToList();
            var query = rows.Count > o.InnerRows ? rows.GetRange(0, o.InnerRows) : rows;
            var support = rows.Count > o.InnerRows ? rows.GetRange(o.InnerRows, rows.Count - o.InnerRows) : rows;
            return new Episode(task.Name, [.. Enumerable.Range(0, o.InnerSteps).Select(s => Cycle(support, s * o.InnerRows, o.InnerRows))], query);
        }).Where(e => e.Query.Count > 0)];
    }

    private static TaskMixture Mixture(IReadOnlyList<TaskSet> tasks, MetaOptions o) => new([.. tasks.Select(t => t.Rows.Count)], o.Temperature, o.Cap, o.Seed);

    private static List<TokenRow> Cycle(List<TokenRow> rows, int from, int count) => [.. Enumerable.Range(from, Math.Min(count, rows.Count)).Select(i => rows[i % rows.Count])];
}

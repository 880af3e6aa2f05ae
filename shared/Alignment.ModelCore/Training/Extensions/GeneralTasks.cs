using Alignment.ModelCore.Data;

namespace Alignment.ModelCore.Training.Extensions;

/// <summary>General sets that a model must not forget, and the task of the run: what both score now.</summary>
internal sealed class GeneralTasks(IReadOnlyList<(string Name, IReadOnlyList<TokenRow> Rows)> sets, LanguageView view, HeldOut? task, int batchSize) : IDisposable
{
    /// <summary>Names of the general sets, then <c>task</c> where the recipe can measure itself.</summary>
    public IReadOnlyList<string> Names { get; } = [.. sets.Select(s => s.Name), .. task?.Score is null ? Array.Empty<string>() : ["task"]];

    public bool HasTask => task?.Score is not null;

    /// <summary>Identifies the rows.</summary>
    public string Digest { get; } = string.Join(':', sets.Select(s => DataDigest.Of(s.Rows)));

    /// <summary>What the starting model scores: the adapter, where there is one, is off, for a learned prompt alone already changes what the base knows.</summary>
    public TaskScores MeasureStart()
    {
        using var off = view.Base();
        return Measure();
    }

    /// <summary>Token accuracy and loss of each general set, and the task's own score. Uses no random numbers.</summary>
    public TaskScores Measure()
    {
        using var quiet = view.Quiet();
        var general = sets.Select(s => LanguageMeasure.Of(s.Rows, batchSize, rows => view.Loss(rows))).ToList();
        var own = task?.Score is not { } score ? [] : new[] { task.Measure()[score] };
        return new([.. general.Select(g => g.Accuracy), .. own], [.. general.Select(g => g.Loss)]);
    }

    public void Dispose() => view.Dispose();
}

/// <summary>What <see cref="GeneralTasks"/> measured.</summary>
/// <param name="Scores">Of each task, 0 to 1; the run's own task last.</param>
/// <param name="Losses">Mean −log p per token of each general set, nats.</param>
internal sealed record TaskScores(IReadOnlyList<double> Scores, IReadOnlyList<double> Losses);

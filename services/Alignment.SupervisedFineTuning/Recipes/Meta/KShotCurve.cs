using Alignment.ModelCore.Data;
using Alignment.ModelCore.Modules;
using static TorchSharp.torch;

namespace Alignment.SupervisedFineTuning.Recipes.Meta;

/// <summary>A point of a k-shot curve: a mean over tasks for each draw of the k examples.</summary>
/// <param name="Accuracy">Share of the answers' tokens that the model ranks first, one value a draw.</param>
/// <param name="Exact">Share of the answers of which it ranks every token first, one value a draw.</param>
/// <param name="Loss">Mean −log p per answer token, nats, one value a draw.</param>
public sealed record KShotPoint(int Shots, IReadOnlyList<double> Accuracy, IReadOnlyList<double> Exact, IReadOnlyList<double> Loss)
{
    public double MeanAccuracy => Accuracy.Average();

    public double MeanExact => Exact.Average();

    public double WorstAccuracy => Accuracy.Min();

    public double MeanLoss => Loss.Average();

    /// <summary>Sample standard deviation over draws; 0 for one draw.</summary>
    public double AccuracySpread => Spread(Accuracy);

    /// <summary>The same of the whole answers.</summary>
    public double ExactSpread => Spread(Exact);

    private static double Spread(IReadOnlyList<double> values) => values.Count < 2 ? 0 : Math.Sqrt(values.Sum(v => (v - values.Average()) * (v - values.Average())) / (values.Count - 1));
}

/// <summary>
/// How well a model does unseen tasks after k examples, which it is shown (in-context) or learns by gradient steps. Examples and questions of a
/// task never overlap, and draw s is the same for every model: what differs is the model.
/// </summary>
internal sealed class KShotCurve(MetaOptions options, IReadOnlyList<TaskSet> tasks, Demonstrations show, int padId)
{
    private const int BatchSize = 16;

    public IReadOnlyList<KShotPoint> Of(CausalModel model, IReadOnlyList<(string Name, Tensor Value)> trainable, bool adapts, CancellationToken cancellation)
    {
        model.eval();
        var inner = new InnerLoop(model, trainable, options, padId);
        return [.. options.Shots.Select(k => (int)k).Select(k =>
        {
            var draws = Enumerable.Range(0, options.Seeds).Select(seed => Draw(inner, adapts, k, seed, cancellation)).ToList();
            return new KShotPoint(k, [.. draws.Select(d => d.Accuracy)], [.. draws.Select(d => d.Exact)], [.. draws.Select(d => d.Loss)]);
        })];
    }

    private KShotScore Draw(InnerLoop inner, bool adapts, int shots, int seed, CancellationToken cancellation)
    {
        var scores = new List<KShotScore>();
        foreach (var (task, index) in tasks.Select((t, i) => (t, i)))
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();

            // The questions are the same whatever k is; the examples of a smaller k are among those of a larger one.
            var order = new Shuffle(options.Seed + (1000 * (index + 1)), seed).Permutation(task.Rows.Count);
            var asked = order.Take(Math.Min(options.Queries, Math.Max(1, task.Rows.Count / 2))).Select(i => task.Rows[i]).ToList();
            var shown = order.Skip(asked.Count).Take(shots).Select(i => task.Rows[i]).ToList();
            scores.Add(adapts ? Adapted(inner, shown, asked) : Scored(inner, [.. asked.Select(q => show.Of(shown, q))]));
        }

        return new(scores.Average(s => s.Accuracy), scores.Average(s => s.Exact), scores.Average(s => s.Loss));
    }

    private KShotScore Adapted(InnerLoop inner, List<SftRow> shown, List<SftRow> asked)
    {
        var start = inner.Keep();
        var rows = shown.Select(r => show.Of([], r)).Where(r => r.Targets > 0).ToList();
        if (rows.Count > 0)
        {
            inner.Adapt([.. Enumerable.Repeat((IReadOnlyList<TokenRow>)rows, options.InnerSteps)]);
        }

        var score = Scored(inner, [.. asked.Select(q => show.Of([], q))]);
        inner.Restore(start);
        return score;
    }

    private static KShotScore Scored(InnerLoop inner, IReadOnlyList<TokenRow> rows)
    {
        using var none = no_grad();
        var (correct, exact, loss, tokens, answers) = (0.0, 0.0, 0.0, 0L, 0L);
        foreach (var batch in rows.Where(r => r.Targets > 0).OrderBy(r => r.Ids.Length).Chunk(BatchSize))
        {
            using var scope = NewDisposeScope();
            var score = inner.Answers(batch);
            (correct, exact, loss) = (correct + score.Accuracy, exact + score.Exact, loss + score.Loss);
            (tokens, answers) = (tokens + batch.Sum(r => (long)r.Targets), answers + batch.Length);
        }

        return tokens == 0 ? new(0, 0, 0) : new(correct / tokens, exact / answers, loss / tokens);
    }
}

/// <summary>How well answers were predicted: sums, or means over tokens (whole answers for <paramref name="Exact"/>).</summary>
internal sealed record KShotScore(double Accuracy, double Exact, double Loss);

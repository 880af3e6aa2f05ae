namespace Alignment.ModelCore.Forgetting;

/// <summary>
/// R[t][i], the score on task i after stage t, higher being better: T stages, T tasks, task i being learned at stage i. What is said of a
/// sequence of tasks in one number each.
/// </summary>
/// <param name="Scores">T rows of T scores.</param>
public sealed record ForgettingTable(IReadOnlyList<IReadOnlyList<double>> Scores)
{
    private int T => Scores.Count;

    /// <summary>Mean score after the last stage: 1/T·Σ R[T][i] (Lopez-Paz &amp; Ranzato 2017, eq. 2).</summary>
    public double Accuracy => Scores[T - 1].Average();

    /// <summary>Backward transfer: 1/(T−1)·Σ_{i&lt;T} (R[T][i] − R[i][i]) (eq. 3); negative where earlier tasks suffered. NaN for one task.</summary>
    public double BackwardTransfer => Mean(i => Scores[T - 1][i] - Scores[i][i]);

    /// <summary>Forgetting: 1/(T−1)·Σ_{i&lt;T} (max_{t&lt;T} R[t][i] − R[T][i]) (Chaudhry et al. 2018, eqs. 1–2). NaN for one task.</summary>
    public double Forgetting => Mean(i => Scores.Take(T - 1).Max(r => r[i]) - Scores[T - 1][i]);

    /// <summary>Forward transfer: 1/(T−1)·Σ_{i&gt;1} (R[i−1][i] − b[i]), b a model that learned nothing (Lopez-Paz &amp; Ranzato 2017, eq. 4).</summary>
    public double ForwardTransfer(IReadOnlyList<double> baseline) => Mean(i => Scores[i][i + 1] - baseline[i + 1]);

    /// <summary>
    /// Of one run: general tasks that the starting checkpoint knows, and the task that is learned last. Scores before and after, the task's at
    /// the end of both lists.
    /// </summary>
    public static ForgettingTable OfRun(IReadOnlyList<double> before, IReadOnlyList<double> after) =>
        new([.. Enumerable.Repeat(before, before.Count - 1), after]);

    private double Mean(Func<int, double> of) => T < 2 ? double.NaN : Enumerable.Range(0, T - 1).Average(of);
}

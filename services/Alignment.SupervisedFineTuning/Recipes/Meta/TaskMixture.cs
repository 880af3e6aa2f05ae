using Alignment.ModelCore.Generation;

namespace Alignment.SupervisedFineTuning.Recipes.Meta;

/// <summary>
/// Draws tasks with p ∝ min(n, cap)^(1/T), n the task's rows (Raffel et al. 2020, §3.5.2: examples-proportional mixing with a limit, and
/// temperature). The same seed gives the same draws.
/// </summary>
public sealed class TaskMixture
{
    private readonly double[] cumulative;
    private readonly RandomStream random;

    public TaskMixture(IReadOnlyList<int> sizes, double temperature, int cap, long seed)
    {
        Shares = Normalised(sizes, temperature, cap);
        cumulative = [.. Shares.Select((_, i) => Shares.Take(i + 1).Sum())];
        random = new((ulong)seed);
    }

    /// <summary>Probability of each task; they add up to 1.</summary>
    public IReadOnlyList<double> Shares { get; }

    /// <summary>The next task's index.</summary>
    public int Next()
    {
        var at = random.NextDouble();
        var index = Array.FindIndex(cumulative, c => at < c);
        return index < 0 ? cumulative.Length - 1 : index;
    }

    /// <summary><paramref name="count"/> different indices below <paramref name="among"/>, fewer where there are not so many; never <paramref name="without"/>.</summary>
    public int[] Some(int count, int among, int without = -1)
    {
        var left = Enumerable.Range(0, among).Where(i => i != without).ToList();
        var taken = new List<int>(count);
        while (taken.Count < count && left.Count > 0)
        {
            var at = (int)(random.NextDouble() * left.Count);
            taken.Add(left[at]);
            left.RemoveAt(at);
        }

        return [.. taken];
    }

    private static double[] Normalised(IReadOnlyList<int> sizes, double temperature, int cap)
    {
        var raw = sizes.Select(n => Math.Pow(Math.Min(n, cap), 1 / temperature)).ToArray();
        return [.. raw.Select(r => r / raw.Sum())];
    }
}

namespace Alignment.ModelCore.Generation.LogitsProcessors;

/// <summary>
/// Locally typical sampling (arXiv 2202.00666): tokens in order of |−log p − entropy|, up to and including the one that reaches the mass.
/// </summary>
public sealed class TypicalWarper(double mass, int minTokensToKeep = 1) : ILogitsProcessor
{
    public string Name => "TypicalLogitsWarper";

    public void Apply(RowHistory history, Span<float> scores)
    {
        var total = Distribution.LogSumExp(scores);
        double entropy = 0;
        foreach (var s in scores)
        {
            if (s > float.NegativeInfinity)
            {
                entropy -= Math.Exp(s - total) * (s - total);
            }
        }

        var finite = Distribution.Descending(scores);
        var shifts = new double[finite.Length];
        for (var i = 0; i < finite.Length; i++)
        {
            shifts[i] = Math.Abs(-(scores[finite[i]] - total) - entropy);
        }

        var sorted = (double[])shifts.Clone();
        Array.Sort(sorted, finite);
        double cumulative = 0;
        var last = 0;
        while (last < finite.Length - 1 && (cumulative += Math.Exp(scores[finite[last]] - total)) < mass)
        {
            last++;
        }

        last = Math.Max(last, Math.Min(minTokensToKeep, finite.Length) - 1);
        for (var i = last + 1; i < finite.Length; i++)
        {
            if (sorted[i] > sorted[last])
            {
                scores[finite[i]] = float.NegativeInfinity;
            }
        }
    }
}

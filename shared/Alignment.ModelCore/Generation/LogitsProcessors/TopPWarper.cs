namespace Alignment.ModelCore.Generation.LogitsProcessors;

/// <summary>
/// Nucleus sampling (arXiv 1904.09751): in ascending order, removes tokens while the cumulative probability is at most 1 − p.
/// </summary>
public sealed class TopPWarper(double topP, int minTokensToKeep = 1) : ILogitsProcessor
{
    public string Name => "TopPLogitsWarper";

    public void Apply(RowHistory history, Span<float> scores)
    {
        var total = Distribution.LogSumExp(scores);
        if (double.IsInfinity(total))
        {
            return;
        }

        var order = Candidates(scores, total, out var below);
        // Ascending from the worst candidate; everything below the candidates is gone already.
        var keep = order.Length;
        for (var cumulative = below; keep > Math.Min(minTokensToKeep, order.Length); keep--)
        {
            cumulative += Math.Exp(scores[order[keep - 1]] - total);
            if (cumulative > 1 - topP)
            {
                break;
            }
        }

        Span<float> kept = keep <= 256 ? stackalloc float[keep] : new float[keep];
        for (var i = 0; i < keep; i++)
        {
            kept[i] = scores[order[i]];
        }

        scores.Fill(float.NegativeInfinity);
        for (var i = 0; i < keep; i++)
        {
            scores[order[i]] = kept[i];
        }
    }

    /// <summary>Best first, enough of them to hold the mass p: sorting a whole vocabulary for its head would cost more than the model.</summary>
    private int[] Candidates(ReadOnlySpan<float> scores, double total, out double below)
    {
        var max = Distribution.Max(scores);
        foreach (var reach in (ReadOnlySpan<float>)[4, 8, 16])
        {
            double mass = 0;
            var count = 0;
            foreach (var s in scores)
            {
                if (s >= max - reach)
                {
                    mass += Math.Exp(s - total);
                    count++;
                }
            }

            if (mass > topP + 1e-9 && count >= minTokensToKeep)
            {
                below = 1 - mass;
                return Distribution.Descending(scores, max - reach);
            }
        }

        below = 0;
        return Distribution.Descending(scores);
    }
}

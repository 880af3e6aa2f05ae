namespace Alignment.ModelCore.Generation.LogitsProcessors;

/// <summary>Arithmetic on one row of scores, in double precision.</summary>
internal static class Distribution
{
    public static float Max(ReadOnlySpan<float> scores)
    {
        var max = float.NegativeInfinity;
        foreach (var s in scores)
        {
            max = s > max ? s : max;
        }

        return max;
    }

    /// <summary>log Σ exp.</summary>
    public static double LogSumExp(ReadOnlySpan<float> scores)
    {
        var max = Max(scores);
        if (float.IsInfinity(max))
        {
            return max;
        }

        double sum = 0;
        foreach (var s in scores)
        {
            sum += s == float.NegativeInfinity ? 0 : Math.Exp(s - (double)max);
        }

        return max + Math.Log(sum);
    }

    /// <summary>The <paramref name="k"/>-th largest score, 1 the largest; −∞ where there are fewer.</summary>
    public static float KthLargest(ReadOnlySpan<float> scores, int k)
    {
        if (k == 1)
        {
            return Max(scores);
        }

        // A heap of the k best so far; most scores fail its first comparison.
        var best = new PriorityQueue<float, float>(k);
        foreach (var s in scores)
        {
            if (best.Count < k)
            {
                best.Enqueue(s, s);
            }
            else if (s > best.Peek())
            {
                best.DequeueEnqueue(s, s);
            }
        }

        return best.Count < k ? float.NegativeInfinity : best.Peek();
    }

    public static void RemoveBelow(Span<float> scores, float threshold)
    {
        foreach (ref var s in scores)
        {
            if (s < threshold)
            {
                s = float.NegativeInfinity;
            }
        }
    }

    /// <summary>Indices of the finite scores not below <paramref name="threshold"/>, best first; equal scores keep their order.</summary>
    public static int[] Descending(ReadOnlySpan<float> scores, float threshold = float.MinValue)
    {
        var indices = new List<int>();
        for (var i = 0; i < scores.Length; i++)
        {
            if (scores[i] >= threshold)
            {
                indices.Add(i);
            }
        }

        var keys = new float[indices.Count];
        var values = new int[indices.Count];
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = -scores[indices[i]];
            values[i] = indices[i];
        }

        Array.Sort(keys, values);
        return values;
    }
}

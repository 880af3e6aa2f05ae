using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;

namespace Alignment.PolicyOptimization.Recipes;

/// <summary>Makes pairs fit the window and says what it did.</summary>
public static class PairTruncation
{
    public static IReadOnlyList<TokenPair> Fit(IReadOnlyList<TokenPair> pairs, int maxLength, IMetricsSink metrics)
    {
        var kept = new List<TokenPair>(pairs.Count);
        int cut = 0, noRoom = 0, equal = 0, ties = 0;
        foreach (var pair in pairs)
        {
            if (pair.TieShare >= 1)
            {
                ties++;
                continue;
            }

            var room = maxLength - pair.Prompt.Length;
            if (room <= 0)
            {
                noRoom++;
                continue;
            }

            cut += pair.Length > maxLength ? 1 : 0;
            var fitted = pair with { Chosen = Cut(pair.Chosen, room), Rejected = Cut(pair.Rejected, room) };
            if (fitted.Chosen.AsSpan().SequenceEqual(fitted.Rejected))
            {
                equal++;
                continue;
            }

            kept.Add(fitted);
        }

        Say(cut, "rows_truncated", $"pairs are longer than {maxLength} tokens; their answers lost the end");
        Say(noRoom, "rows_dropped", $"pairs were dropped: the prompt alone fills max_length {maxLength}");
        Say(ties, "rows_dropped", "pairs were dropped: they are ties, which say nothing about which answer to prefer");
        Say(equal, "rows_dropped", "pairs were dropped: chosen and rejected are the same tokens within max_length");
        return kept.Count > 0 ? kept : throw new DataException([new("data", 0, null, "no pair is left to train on.", $"Raise max_length (now {maxLength}) or look at the rows.")]);

        void Say(int count, string name, string what)
        {
            if (count > 0)
            {
                metrics.Event(new(0, name, $"{count} of {pairs.Count} {what}"));
            }
        }
    }

    private static int[] Cut(int[] ids, int room) => ids.Length <= room ? ids : ids[..room];
}

using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;

namespace Alignment.PolicyOptimization.Recipes;

/// <summary>Makes pairs fit the window and says what it did.</summary>
public static class PairTruncation
{
    /// <param name="keepEnd">
    /// The prompt loses its beginning, so that the longer answer fits behind at least one token of it. TRL 1.16 cuts each side by itself, which
    /// leaves the two with different prompts; TRL 0.9 cut as here.
    /// </param>
    public static IReadOnlyList<TokenPair> Fit(IReadOnlyList<TokenPair> pairs, int maxLength, IMetricsSink metrics, bool keepEnd = false)
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

            var fitted = keepEnd ? KeepEnd(pair, maxLength) : KeepStart(pair, maxLength);
            if (fitted is null)
            {
                noRoom++;
                continue;
            }

            cut += pair.Length > maxLength ? 1 : 0;
            if (fitted.Chosen.AsSpan().SequenceEqual(fitted.Rejected))
            {
                equal++;
                continue;
            }

            kept.Add(fitted);
        }

        Say(cut, "rows_truncated", $"pairs are longer than {maxLength} tokens; {(keepEnd ? "their prompts lost the beginning" : "their answers lost the end")}");
        Say(noRoom, "rows_dropped", $"pairs were dropped: {(keepEnd ? "an answer" : "the prompt")} alone fills max_length {maxLength}");
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

    private static TokenPair? KeepStart(TokenPair pair, int maxLength) => maxLength - pair.Prompt.Length is > 0 and var room ? pair with { Chosen = Cut(pair.Chosen, room), Rejected = Cut(pair.Rejected, room) } : null;

    private static TokenPair? KeepEnd(TokenPair pair, int maxLength) =>
        maxLength - Math.Max(pair.Chosen.Length, pair.Rejected.Length) is > 0 and var room ? pair with { Prompt = pair.Prompt.Length <= room ? pair.Prompt : pair.Prompt[^room..] } : null;

    private static int[] Cut(int[] ids, int room) => ids.Length <= room ? ids : ids[..room];
}

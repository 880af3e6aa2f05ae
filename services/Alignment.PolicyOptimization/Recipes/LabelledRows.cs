using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;

namespace Alignment.PolicyOptimization.Recipes;

/// <summary>Makes labelled answers fit the window, says what it did, and refuses data that cannot teach.</summary>
public static class LabelledRows
{
    /// <summary>An answer that does not fit loses its end; a row whose prompt fills the window is dropped and counted.</summary>
    public static IReadOnlyList<LabelledCompletion> Fit(IReadOnlyList<LabelledCompletion> rows, int maxLength, IMetricsSink metrics)
    {
        var kept = rows.Where(r => r.Prompt.Length < maxLength).ToList();
        var cut = kept.Count(r => r.Length > maxLength);
        Say(cut, "rows_truncated", $"rows are longer than {maxLength} tokens; their answers lost the end");
        Say(rows.Count - kept.Count, "rows_dropped", $"rows were dropped: the prompt alone fills max_length {maxLength}");
        return kept.Count > 0 ? [.. kept.Select(r => r with { Completion = r.Completion[..Math.Min(r.Completion.Length, maxLength - r.Prompt.Length)] })]
            : throw new DataException([new("data", 0, null, "no row is left to train on.", $"Raise max_length (now {maxLength}) or look at the rows.")]);

        void Say(int count, string name, string what)
        {
            if (count > 0)
            {
                metrics.Event(new(0, name, $"{count} of {rows.Count} {what}"));
            }
        }
    }

    /// <summary>Both labels must occur.</summary>
    /// <exception cref="DataException">Every row has the same label.</exception>
    public static void NeedBothLabels(IReadOnlyList<LabelledCompletion> rows, string method)
    {
        if (rows.All(r => r.Label) || rows.All(r => !r.Label))
        {
            var only = rows[0].Label;
            throw new DataException([new("data", 0, "label", $"is {(only ? "true" : "false")} in all {rows.Count} rows: {method} learns from the contrast.",
                only ? "Add undesirable answers, or use 'align train sft' on these." : "Add desirable answers.")]);
        }
    }
}

using Alignment.ModelCore.Data;
using Alignment.ModelCore.Losses;

namespace Alignment.PolicyOptimization.Recipes;

/// <summary>A labelled answer and the answer of another row that its prompt is joined with to estimate the KL.</summary>
public sealed record KtoExample(LabelledCompletion Row, int[] Other)
{
    /// <summary>Tokens of the longer of the two.</summary>
    public int Length => Row.Prompt.Length + Math.Max(Row.Completion.Length, Other.Length);

    /// <summary>
    /// Joins every prompt with another answer. In the file's order, with the row before it inside consecutive batches, as TRL does; where
    /// rows are shuffled, with the row before it in a permutation of the whole file that depends on the seed alone, and not with an answer
    /// to the same prompt where that can be avoided.
    /// </summary>
    public static IReadOnlyList<KtoExample> Join(IReadOnlyList<LabelledCompletion> rows, KtoRecipeOptions options)
    {
        var other = options.Order == "sequential" ? KtoLoss.Rotation(rows.Count, options.BatchSize) : Shuffled(rows, options.Seed);
        return [.. rows.Select((r, i) => new KtoExample(r, Cut(rows[other[i]].Completion, Math.Max(1, options.MaxLength - r.Prompt.Length))))];
    }

    private static int[] Shuffled(IReadOnlyList<LabelledCompletion> rows, long seed)
    {
        var order = new Shuffle(seed, -1).Permutation(rows.Count);
        var other = new int[rows.Count];
        for (var i = 0; i < order.Length; i++)
        {
            var back = 1;
            while (back < Math.Min(order.Length, 16) && rows[order[i]].Prompt.AsSpan().SequenceEqual(rows[order[(i - back + order.Length) % order.Length]].Prompt))
            {
                back++;
            }

            other[order[i]] = order[(i - back + order.Length) % order.Length];
        }

        return other;
    }

    private static int[] Cut(int[] ids, int room) => ids.Length <= room ? ids : ids[..room];
}

using Alignment.ModelCore.Data;

namespace Alignment.SupervisedFineTuning.Recipes;

/// <summary>
/// Puts several rows into one of <c>max_length</c> tokens, so that next to nothing is padded. With <c>bfd</c> documents stay whole and do not
/// see each other (positions restart, and the first token of each is not a target); with <c>wrapped</c> all rows are joined and cut.
/// </summary>
public static class RowPacking
{
    public static IReadOnlyList<TokenRow> Pack(IReadOnlyList<TokenRow> rows, SftOptions options)
    {
        if (rows.Any(r => r.Weight != 1))
        {
            throw new InvalidDataException("Rows with weights cannot be packed: a packed row holds several. Set packing: none.");
        }

        var apart = options.Packing == "bfd";
        var whole = rows.Select(r => apart ? r.Truncate(options.MaxLength, options.Truncation == "keep_end") : r).ToList();
        var plan = Packing.Plan([.. whole.Select(r => r.Ids.Length)], options.MaxLength, apart ? PackingStrategy.BestFitDecreasing : PackingStrategy.Wrapped);
        var ids = Packing.Gather<int>([.. whole.Select(r => r.Ids)], plan);
        var learn = Packing.Gather<bool>([.. whole.Select(r => r.Learn)], plan);
        var lengths = Packing.Lengths(plan);
        return [.. ids.Select((row, i) => apart ? new TokenRow(row, WithoutStarts(learn[i], lengths[i]), 1, lengths[i]) : new TokenRow(row, learn[i])).Where(r => r.Targets > 0)];
    }

    private static bool[] WithoutStarts(bool[] learn, int[] lengths)
    {
        var start = 0;
        foreach (var length in lengths)
        {
            learn[start] = false;
            start += length;
        }

        return learn;
    }
}

namespace Alignment.ModelCore.Data;

/// <summary>An answer in steps, each right or wrong.</summary>
public sealed record StepwiseRow(string Prompt, IReadOnlyList<string> Steps, IReadOnlyList<bool> Labels) : DataRow;

/// <summary>The same as ids; <paramref name="Labels"/> is 1 or 0 on the last token of each step and −100 elsewhere.</summary>
public sealed record StepwiseTokens(int[] Ids, long[] Labels)
{
    public static StepwiseTokens Of((int[] Ids, long[] Labels) row) => new(row.Ids, row.Labels);

    /// <summary>Labelled positions.</summary>
    public int Count { get; } = Labels.Count(l => l >= 0);
}

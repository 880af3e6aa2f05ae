namespace Alignment.ModelCore.Data;

/// <summary>
/// One row as the model sees it. <paramref name="Learn"/>[t] is true where token t is a target (the response, never prompt or
/// padding). Position 0 has nothing before it, so it is never counted.
/// </summary>
public sealed record TokenRow(int[] Ids, bool[] Learn, double Weight = 1)
{
    /// <summary>Tokens that the loss counts.</summary>
    public int Targets => Learn.Skip(1).Count(x => x);

    /// <summary>Keeps at most <paramref name="maxLength"/> tokens: the first of them, or with <paramref name="keepEnd"/> the last.</summary>
    public TokenRow Truncate(int maxLength, bool keepEnd) => Ids.Length <= maxLength ? this
        : keepEnd ? this with { Ids = Ids[^maxLength..], Learn = Learn[^maxLength..] } : this with { Ids = Ids[..maxLength], Learn = Learn[..maxLength] };
}

/// <summary>A preference pair as ids: chosen and rejected continue the same prompt. The eos that ends an answer is part of it.</summary>
public sealed record TokenPair(int[] Prompt, int[] Chosen, int[] Rejected, double Margin = double.NaN)
{
    /// <summary>Tokens of the longer side, which decides the batch it goes to.</summary>
    public int Length => Prompt.Length + Math.Max(Chosen.Length, Rejected.Length);
}

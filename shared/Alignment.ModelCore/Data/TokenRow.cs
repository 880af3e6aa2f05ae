namespace Alignment.ModelCore.Data;

/// <summary>
/// One row as the model sees it. <paramref name="Learn"/>[t] is true where token t is a target (the response, never prompt or
/// padding). Position 0 has nothing before it, so it is never counted.
/// <paramref name="Documents"/> holds the lengths of the documents of a packed row, which do not see each other; null for one document.
/// </summary>
public sealed record TokenRow(int[] Ids, bool[] Learn, double Weight = 1, IReadOnlyList<int>? Documents = null)
{
    /// <summary>Tokens that the loss counts.</summary>
    public int Targets { get; } = Learn.Skip(1).Count(x => x);

    /// <summary>A prompt followed by what is to be learned.</summary>
    public static TokenRow Of(int[] prompt, int[] completion) =>
        new([.. prompt, .. completion], [.. Enumerable.Repeat(false, prompt.Length), .. Enumerable.Repeat(true, completion.Length)]);

    /// <summary>Keeps at most <paramref name="maxLength"/> tokens: the first of them, or with <paramref name="keepEnd"/> the last.</summary>
    public TokenRow Truncate(int maxLength, bool keepEnd) => Ids.Length <= maxLength ? this
        : keepEnd ? new(Ids[^maxLength..], Learn[^maxLength..], Weight) : new(Ids[..maxLength], Learn[..maxLength], Weight);
}

/// <summary>A preference pair as ids: chosen and rejected continue the same prompt. The eos that ends an answer is part of it.</summary>
public sealed record TokenPair(int[] Prompt, int[] Chosen, int[] Rejected, double Margin = double.NaN)
{
    public TokenRow ChosenRow => TokenRow.Of(Prompt, Chosen);

    public TokenRow RejectedRow => TokenRow.Of(Prompt, Rejected);

    /// <summary>Share of votes for chosen, ties counted half; NaN where unknown.</summary>
    public double VoteShare { get; init; } = double.NaN;

    /// <summary>Share of votes that call the answers equal; NaN where unknown.</summary>
    public double TieShare { get; init; } = double.NaN;

    public PromptAnswers Answers => new(Prompt, [Chosen, Rejected]);

    /// <summary>Tokens of both sides, the prompt counted for each.</summary>
    public long Tokens => (2L * Prompt.Length) + Chosen.Length + Rejected.Length;

    /// <summary>Tokens of the longer side, which decides the batch it goes to.</summary>
    public int Length => Prompt.Length + Math.Max(Chosen.Length, Rejected.Length);
}

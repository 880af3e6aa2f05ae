namespace Alignment.PreferenceStore.Preferences;

/// <summary>Which pairs become training rows; versioned with the snapshot that used it.</summary>
/// <param name="Batch">Only this batch; null = the whole project.</param>
/// <param name="MinimumVotes">Fewer verdicts than this leave a pair out.</param>
/// <param name="MinimumMargin">Least distance of the win share from one half, exclusive at 0: a pair that is even is a tie and never a row.</param>
/// <param name="IncludeFlagged">Keep tasks that somebody flagged (personal data, unsafe, broken).</param>
public sealed record PreferenceRule(string? Batch = null, int MinimumVotes = 1, double MinimumMargin = 0, bool IncludeFlagged = false)
{
    /// <summary>Names the meaning of this record; a change of meaning is a new version.</summary>
    public const string Version = "majority-ties-half-1";
}

/// <summary>One aggregated preference: the answer that more people preferred over the other.</summary>
/// <param name="Prompt">JSON: a string, or an array of <c>{role, content}</c>.</param>
/// <param name="Votes">Verdicts on this pair.</param>
/// <param name="WinShare">(wins of chosen + half the ties) / votes, over one half.</param>
/// <param name="TieShare">Ties / votes.</param>
public sealed record PreferencePair(string GroupHash, string Prompt, string Language, string Chosen, string Rejected, int Votes, double WinShare, double TieShare);

/// <summary>The pairs with what was left out and the judgements they rest on.</summary>
public sealed record PreferenceSet(IReadOnlyList<PreferencePair> Pairs, int Ties, int TooFewVotes, int BelowMargin, int FlaggedTasks, IReadOnlyList<string> JudgementIds);

namespace Alignment.PreferenceStore.Preferences;

/// <summary>How far the collection of judgements has come, in one project or one of its batches.</summary>
/// <param name="Required">Judgements wanted, parked tasks left out.</param>
/// <param name="Received">Judgements by distinct annotators on those tasks.</param>
/// <param name="Parked">Tasks that several people passed by; a moderator decides.</param>
public sealed record FeedbackProgress(long Tasks, long Complete, long Parked, long Required, long Received, long Skips, long Flags)
{
    /// <summary>True when there was something to judge and nothing is left.</summary>
    public bool IsComplete => Tasks > 0 && Received >= Required;
}

/// <summary>Judgements of one annotator.</summary>
public sealed record AnnotatorProgress(string Handle, string Kind, long Judgements, double MedianActiveMs);

/// <summary>Wins by the place on the screen; without position bias each share is near 1/k (ties at the top are shared).</summary>
public sealed record SlotShare(string Label, double Wins, double Share);

/// <summary>One annotator's verdict on one pair of answers: 1 first better, -1 second better, 0 tie. Pairs are ordered by text hash.</summary>
public sealed record PairVerdict(string TaskId, string FirstHash, string SecondHash, string Handle, int Verdict);

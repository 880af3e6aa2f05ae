namespace Alignment.PreferenceStore.Judgements;

/// <summary>A ranking handed in.</summary>
/// <param name="Ranking">Groups of labels as shown, best first; labels in one group are a tie. Every label exactly once.</param>
/// <param name="NoneAcceptable">All answers are bad in absolute terms, whatever their order.</param>
/// <param name="ActiveMs">Time with the task in view and in use, idle time removed.</param>
/// <param name="IdempotencyKey">1 to 255 characters, chosen by the client once for each submission.</param>
/// <param name="Supersedes">The annotator's current judgement of this task, when this one corrects it.</param>
public sealed record Submission(string TaskId, string LeaseId, string Handle, IReadOnlyList<IReadOnlyList<string>> Ranking, string IdempotencyKey,
    string Comment = "", bool NoneAcceptable = false, long ActiveMs = 0, string? Supersedes = null);

/// <summary>A stored judgement in the words of its annotator.</summary>
public sealed record Judgement(string Id, string TaskId, string ProjectId, string LeaseId, long Revision, IReadOnlyList<IReadOnlyList<string>> Ranking, bool NoneAcceptable,
    string Comment, long ActiveMs, long SubmittedAt);

/// <summary>How a submission ended.</summary>
public enum SubmissionResult
{
    /// <summary>Stored now.</summary>
    Stored,

    /// <summary>The same key and body came before; the judgement is the original.</summary>
    Replayed,

    /// <summary>The key was used for another body.</summary>
    KeyReused,

    /// <summary>No such lease for this task and annotator.</summary>
    UnknownLease,

    /// <summary>The lease ended before the submission came.</summary>
    LeaseExpired,

    /// <summary>The annotator has judged or skipped this task under this lease; a correction names what it supersedes.</summary>
    AlreadyJudged,

    /// <summary>The judgement to supersede is not the annotator's current one for this task.</summary>
    NotCurrent,

    /// <summary>The ranking does not place every label exactly once.</summary>
    IncompleteRanking,
}

/// <summary>The result with the stored judgement, or with the labels of the task when the ranking was wrong.</summary>
public sealed record SubmissionOutcome(SubmissionResult Result, Judgement? Judgement = null, IReadOnlyList<string>? Labels = null);

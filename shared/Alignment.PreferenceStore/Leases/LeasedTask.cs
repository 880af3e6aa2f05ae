namespace Alignment.PreferenceStore.Leases;

/// <summary>A task in the hands of one annotator until <paramref name="ExpiresAt"/>.</summary>
/// <param name="LeaseId">The token that a judgement must carry.</param>
/// <param name="PromptContent">JSON: a string, or an array of <c>{role, content}</c>.</param>
/// <param name="Choices">The answers in the order to show; no id and nothing about their origin.</param>
public sealed record LeasedTask(string LeaseId, string TaskId, string ProjectId, string PromptContent, string Language, IReadOnlyList<Choice> Choices, long AcquiredAt, long ExpiresAt);

/// <summary>One answer under its neutral letter.</summary>
public sealed record Choice(string Label, string Text);

/// <summary>Why there is nothing to do.</summary>
public enum EmptyQueue
{
    /// <summary>The project has no tasks yet.</summary>
    NoTasks,

    /// <summary>Every task has all the judgements it needs.</summary>
    Finished,

    /// <summary>This annotator has judged or skipped everything that is open.</summary>
    DoneByYou,

    /// <summary>The open slots are leased to others and come back when their leases end.</summary>
    WaitingForOthers,
}

/// <summary>A task, or the reason why there is none.</summary>
public sealed record NextTask(LeasedTask? Task, EmptyQueue? Empty);

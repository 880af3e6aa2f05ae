using Alignment.PreferenceStore.Leases;
using Alignment.PreferenceStore.Prompts;

namespace Alignment.Feedback.Tasks;

/// <param name="Annotator">Who asks: a handle of 1 to 80 characters.</param>
/// <param name="Kind"><c>person</c> or <c>simulated</c>.</param>
/// <param name="Batch">Only this batch.</param>
/// <param name="Task">Only this task, to take it again after its lease ended.</param>
internal sealed record NextRequest(string? Annotator, string? Kind, string? Batch, string? Task)
{
    public Faults Faults() => new Faults().Text(Annotator, "annotator", 80).Check(Kind is null or "person" or "simulated", "kind", "Give 'person' or 'simulated'.");
}

internal sealed record SkipRequest(string? Annotator, string? Lease, string? Reason, string? Comment)
{
    public static readonly string[] Reasons = ["unclear", "too_long", "not_my_language", "not_my_expertise", "offensive", "broken", "other"];

    public Faults Faults() => new Faults().Text(Annotator, "annotator", 80).Text(Lease, "lease", 64)
        .Check(Reasons.Contains(Reason), "reason", $"Give one of {string.Join(", ", Reasons)}.").Text(Comment, "comment", 2000, required: false);
}

internal sealed record FlagRequest(string? Annotator, string? Lease, string? Kind, string? Comment)
{
    public static readonly string[] Kinds = ["personal_data", "unsafe", "broken", "other"];

    public Faults Faults() => new Faults().Text(Annotator, "annotator", 80).Text(Lease, "lease", 64)
        .Check(Kinds.Contains(Kind), "kind", $"Give one of {string.Join(", ", Kinds)}.").Text(Comment, "comment", 2000, required: false);
}

/// <summary>A task to judge, or why there is none: <c>no_tasks</c>, <c>finished</c>, <c>done_by_you</c>, <c>waiting_for_others</c>.</summary>
internal sealed record NextResponse(TaskView? Task, string? Empty);

internal sealed record TaskView(string Lease, string Task, string Project, IReadOnlyList<TurnView> Prompt, string Language, IReadOnlyList<Choice> Choices, DateTimeOffset ExpiresAt)
{
    public static TaskView Of(LeasedTask task) => new(task.LeaseId, task.TaskId, task.ProjectId, [.. PromptContent.Turns(task.PromptContent).Select(t => new TurnView(t.Role, t.Content))],
        task.Language, task.Choices, DateTimeOffset.FromUnixTimeMilliseconds(task.ExpiresAt));
}

internal sealed record TurnView(string Role, string Content);

using Alignment.PreferenceStore.Leases;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Alignment.Feedback.Tasks;

/// <summary>Tasks go out under lease and come back judged, skipped or flagged.</summary>
internal static class TaskEndpoints
{
    public static void Map(IEndpointRouteBuilder feedback)
    {
        feedback.MapPost("/projects/{id}/tasks/next", NextAsync);
        feedback.MapGet("/leases/{lease}", FindLeaseAsync);
        feedback.MapPost("/tasks/{task}/skip", SkipAsync);
        feedback.MapPost("/tasks/{task}/flag", FlagAsync);
    }

    private static async Task<Results<Ok<NextResponse>, ProblemHttpResult>> NextAsync(string id, NextRequest request, LeaseStore leases, CancellationToken ct)
    {
        if (request.Faults() is { Any: true } faults)
        {
            return faults.ToProblem("No task can be leased.");
        }

        try
        {
            var next = await leases.NextAsync(id, request.Annotator!.Trim(), request.Kind ?? "person", request.Batch, request.Task, ct);
            return TypedResults.Ok(new NextResponse(next.Task is { } task ? TaskView.Of(task) : null, next.Empty switch
            {
                EmptyQueue.NoTasks => "no_tasks",
                EmptyQueue.Finished => "finished",
                EmptyQueue.DoneByYou => "done_by_you",
                EmptyQueue.WaitingForOthers => "waiting_for_others",
                _ => null,
            }));
        }
        catch (KeyNotFoundException)
        {
            return Faults.Missing("project", id);
        }
    }

    private static async Task<Results<Ok<TaskView>, ProblemHttpResult>> FindLeaseAsync(string lease, LeaseStore leases, CancellationToken ct) =>
        await leases.FindAsync(lease, ct) is { } task ? TypedResults.Ok(TaskView.Of(task)) : Faults.Missing("lease", lease);

    private static async Task<Results<NoContent, ProblemHttpResult>> SkipAsync(string task, SkipRequest request, ReleaseStore releases, CancellationToken ct) =>
        request.Faults() is { Any: true } faults ? faults.ToProblem("The task was not skipped.")
            : await releases.SkipAsync(task, request.Lease!, request.Annotator!.Trim(), request.Reason!, request.Comment ?? "", ct) ? TypedResults.NoContent()
            : NotYours();

    private static async Task<Results<NoContent, ProblemHttpResult>> FlagAsync(string task, FlagRequest request, ReleaseStore releases, CancellationToken ct) =>
        request.Faults() is { Any: true } faults ? faults.ToProblem("The task was not flagged.")
            : await releases.FlagAsync(task, request.Lease!, request.Annotator!.Trim(), request.Kind!, request.Comment ?? "", ct) ? TypedResults.NoContent()
            : NotYours();

    private static ProblemHttpResult NotYours() => Faults.Conflict("lease-unknown", "This lease is not open for this task and annotator.",
        "lease: take a task with POST /feedback/projects/{id}/tasks/next and send its lease.");
}

using Alignment.PreferenceStore.Judgements;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Alignment.Feedback.Judgements;

/// <summary>Rankings come in here, from people and simulated annotators alike.</summary>
internal static class JudgementEndpoints
{
    public static void Map(IEndpointRouteBuilder feedback)
    {
        feedback.MapPost("/tasks/{task}/judgements", SubmitAsync);
        feedback.MapGet("/projects/{id}/judgements", HistoryAsync);
    }

    private static async Task<Results<Created<Judgement>, Ok<Judgement>, ProblemHttpResult>> SubmitAsync(string task, JudgementRequest request,
        [FromHeader(Name = "Idempotency-Key")] string? keyHeader, JudgementStore judgements, FeedbackEvents events, HttpContext context, CancellationToken ct)
    {
        var key = request.IdempotencyKey ?? keyHeader;
        if (request.Faults(key) is { Any: true } faults)
        {
            return faults.ToProblem("The judgement was not stored.");
        }

        var outcome = await judgements.SubmitAsync(new Submission(task, request.Lease!, request.Annotator!.Trim(), request.Ranking!, key!, request.Comment ?? "", request.NoneAcceptable,
            request.ActiveMs, request.Supersedes), events.JudgementStoredAsync, ct);
        switch (outcome.Result)
        {
            case SubmissionResult.Stored:
                return TypedResults.Created($"/feedback/projects/{outcome.Judgement!.ProjectId}/judgements", outcome.Judgement);
            case SubmissionResult.Replayed:
                context.Response.Headers["Idempotent-Replay"] = "true";
                return TypedResults.Ok(outcome.Judgement);
            default:
                return Refusal(outcome, task);
        }
    }

    private static ProblemHttpResult Refusal(SubmissionOutcome outcome, string task) => outcome.Result switch
    {
        SubmissionResult.KeyReused => Faults.Problem(422, "key-reused", "This idempotency key came with another judgement before.", "idempotencyKey: choose a new one for each judgement."),
        SubmissionResult.LeaseExpired => Faults.Conflict("lease-expired", "The lease of this task ended before the judgement came.",
            "lease: take the task again (POST /feedback/projects/{id}/tasks/next with 'task') and send the same ranking with the new lease; the order shown is the same."),
        SubmissionResult.AlreadyJudged => Faults.Conflict("already-judged", "You have judged or skipped this task already.", "supersedes: name your earlier judgement to correct it."),
        SubmissionResult.NotCurrent => Faults.Conflict("not-current", "The judgement to correct is not your current one for this task.", "supersedes: read GET /feedback/projects/{id}/judgements?annotator=… and name the newest."),
        SubmissionResult.IncompleteRanking => Faults.Problem(422, "incomplete-ranking", "The ranking does not place every answer exactly once.", $"ranking: place {string.Join(", ", outcome.Labels!)}, each once; answers in one group are a tie."),
        _ => Faults.Conflict("lease-unknown", $"There is no such lease for task '{task}' and this annotator.", "lease: take a task with POST /feedback/projects/{id}/tasks/next and send its lease."),
    };

    private static async Task<Results<Ok<Page<Judgement>>, ProblemHttpResult>> HistoryAsync(string id, JudgementHistory history, string? annotator, string? before, int limit = Page<Judgement>.DefaultLimit, CancellationToken ct = default) =>
        new Faults().Text(annotator, "annotator", 80).Range(limit, "limit", 1, Page<Judgement>.MaximumLimit) is { Any: true } faults
            ? faults.ToProblem("The list cannot be read.")
            : TypedResults.Ok(Page<Judgement>.Of(await history.OfAsync(id, annotator!, before, limit + 1, ct), limit, j => j.Id));
}

using Alignment.Ui.Clients;
using Microsoft.AspNetCore.Components;

namespace Alignment.Ui.Features.Annotate;

/// <summary>One task: shown on GET, judged, skipped or flagged by a plain POST of its form.</summary>
public sealed partial class TaskPage
{
    private static readonly string[] Reasons = ["unclear", "too_long", "not_my_language", "not_my_expertise", "offensive", "broken", "other"];
    private static readonly string[] Kinds = ["personal_data", "unsafe", "broken", "other"];

    private ProjectView? project;
    private ProgressCounts? progress;
    private TaskView? task;
    private RankingForm? form;
    private Problem? fault;
    private IReadOnlyList<string> missing = [];
    private string? empty;
    private string? supersedes;

    [Parameter]
    public string ProjectId { get; set; } = "";

    /// <summary>Judgement to correct.</summary>
    [SupplyParameterFromQuery]
    public string? Revise { get; set; }

    /// <summary>Judgement that was just stored.</summary>
    [SupplyParameterFromQuery]
    public string? Saved { get; set; }

    [SupplyParameterFromQuery]
    public string? Skipped { get; set; }

    [SupplyParameterFromQuery]
    public string? Flagged { get; set; }

    [CascadingParameter]
    private HttpContext Http { get; set; } = null!;

    protected override async Task OnInitializedAsync()
    {
        if (Visitor.Name is not { } name)
        {
            Navigation.NavigateTo($"/settings?next=/annotate/{Uri.EscapeDataString(ProjectId)}");
            return;
        }

        var found = await Feedback.ProjectAsync(ProjectId, Http.RequestAborted);
        (project, fault) = (found.Value, found.Problem);
        if (project is null)
        {
            Http.Response.StatusCode = fault?.Status ?? 404;
            return;
        }

        progress = (await Feedback.ProgressAsync(ProjectId, Http.RequestAborted)).Value?.Progress;
        await (Revise is not null ? OpenStoredAsync(name, Revise) : HttpMethods.IsPost(Http.Request.Method) ? ReopenAsync() : OpenNextAsync(name));
    }

    private async Task OpenNextAsync(string name)
    {
        var next = await Feedback.NextAsync(ProjectId, name, null, Http.RequestAborted);
        (task, empty, fault) = (next.Value?.Task, next.Value?.Empty, next.Problem);
    }

    // The task in the form, not the next one: the visitor judges what they saw.
    private async Task ReopenAsync()
    {
        var lease = await Feedback.LeaseAsync(Http.Request.Form["lease"].ToString(), Http.RequestAborted);
        (task, fault) = (lease.Value, lease.Problem);
    }

    private async Task OpenStoredAsync(string name, string judgement)
    {
        var history = await Feedback.HistoryAsync(ProjectId, name, null, Http.RequestAborted);
        if (history.Value?.Data.FirstOrDefault(j => j.Id == judgement) is not { } stored)
        {
            fault = history.Problem ?? new Problem(404, L["NotYours"], L["NotYoursRemedy"], null);
            return;
        }

        supersedes = stored.Id;
        form = RankingForm.Of(stored.Ranking, stored.Comment, stored.NoneAcceptable);
        var lease = await Feedback.LeaseAsync(stored.LeaseId, Http.RequestAborted);
        (task, fault) = (lease.Value, lease.Problem);
    }

    private async Task SubmitAsync()
    {
        if (task is null || Visitor.Name is not { } name)
        {
            return;
        }

        var sent = Http.Request.Form;
        form = RankingForm.Read(sent, [.. task.Choices.Select(c => c.Label)]);
        switch (sent["action"].ToString())
        {
            case "skip":
                var skipped = await Feedback.SkipAsync(task.Task, task.Lease, name, sent["reason"].ToString(), form.Comment, Http.RequestAborted);
                Finish(skipped.Problem, "skipped=yes");
                break;
            case "flag":
                var flagged = await Feedback.FlagAsync(task.Task, task.Lease, name, sent["kind"].ToString(), form.Comment, Http.RequestAborted);
                Finish(flagged.Problem, Revise is null ? "flagged=yes" : $"revise={Uri.EscapeDataString(Revise)}&flagged=yes");
                break;
            default:
                await JudgeAsync(name);
                break;
        }
    }

    private async Task JudgeAsync(string name)
    {
        missing = form!.Missing([.. task!.Choices.Select(c => c.Label)]);
        if (missing.Count > 0)
        {
            return;
        }

        var answer = await SendAsync(name);
        if (answer.Problem?.Code == "lease-expired" && (await Feedback.NextAsync(ProjectId, name, task.Task, Http.RequestAborted)).Value?.Task is { } again)
        {
            // The order shown is the same under a new lease, so the ranking still means what the visitor saw.
            task = again;
            answer = await SendAsync(name);
        }

        Finish(answer.Problem, $"saved={answer.Value?.Id}");
    }

    // One submission of this form is one key: a double click or a repeated POST stores once.
    private Task<Answer<JudgementView>> SendAsync(string name) => Feedback.JudgeAsync(task!.Task,
        new NewJudgement(name, task.Lease, form!.Groups(), $"form-{task.Lease}-{supersedes}", form.Comment, form.NoneAcceptable, form.ActiveMs, supersedes), Http.RequestAborted);

    private void Finish(Problem? problem, string query)
    {
        fault = problem;
        if (problem is null)
        {
            Navigation.NavigateTo($"/annotate/{Uri.EscapeDataString(ProjectId)}?{query}");
        }
        else
        {
            Http.Response.StatusCode = problem.Status;
        }
    }
}

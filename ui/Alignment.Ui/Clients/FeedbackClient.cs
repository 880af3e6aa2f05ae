namespace Alignment.Ui.Clients;

/// <summary>The Feedback service as the pages use it.</summary>
internal sealed class FeedbackClient(ServiceHttp http, Backend backend)
{
    public Task<Answer<PageOf<ProjectView>>> ProjectsAsync(CancellationToken ct) => http.GetAsync<PageOf<ProjectView>>(backend.Feedback, "feedback/projects?limit=100", ct);

    public Task<Answer<ProjectView>> ProjectAsync(string id, CancellationToken ct) => http.GetAsync<ProjectView>(backend.Feedback, $"feedback/projects/{Uri.EscapeDataString(id)}", ct);

    public Task<Answer<ProgressView>> ProgressAsync(string id, CancellationToken ct) => http.GetAsync<ProgressView>(backend.Feedback, $"feedback/projects/{Uri.EscapeDataString(id)}/progress", ct);

    public Task<Answer<AgreementView>> AgreementAsync(string id, CancellationToken ct) => http.GetAsync<AgreementView>(backend.Feedback, $"feedback/projects/{Uri.EscapeDataString(id)}/agreement", ct);

    public Task<Answer<NextView>> NextAsync(string project, string annotator, string? task, CancellationToken ct) =>
        http.PostAsync<NextView>(backend.Feedback, $"feedback/projects/{Uri.EscapeDataString(project)}/tasks/next", new { annotator, task }, ct);

    public Task<Answer<TaskView>> LeaseAsync(string lease, CancellationToken ct) => http.GetAsync<TaskView>(backend.Feedback, $"feedback/leases/{Uri.EscapeDataString(lease)}", ct);

    public Task<Answer<JudgementView>> JudgeAsync(string task, NewJudgement judgement, CancellationToken ct) =>
        http.PostAsync<JudgementView>(backend.Feedback, $"feedback/tasks/{Uri.EscapeDataString(task)}/judgements", judgement, ct);

    public Task<Answer<object>> SkipAsync(string task, string lease, string annotator, string reason, string? comment, CancellationToken ct) =>
        http.PostAsync<object>(backend.Feedback, $"feedback/tasks/{Uri.EscapeDataString(task)}/skip", new { annotator, lease, reason, comment }, ct);

    public Task<Answer<object>> FlagAsync(string task, string lease, string annotator, string kind, string? comment, CancellationToken ct) =>
        http.PostAsync<object>(backend.Feedback, $"feedback/tasks/{Uri.EscapeDataString(task)}/flag", new { annotator, lease, kind, comment }, ct);

    public Task<Answer<PageOf<JudgementView>>> HistoryAsync(string project, string annotator, string? before, CancellationToken ct) => http.GetAsync<PageOf<JudgementView>>(backend.Feedback,
        $"feedback/projects/{Uri.EscapeDataString(project)}/judgements?annotator={Uri.EscapeDataString(annotator)}&limit=50{(before is null ? "" : $"&before={Uri.EscapeDataString(before)}")}", ct);
}

internal sealed record PageOf<T>(IReadOnlyList<T> Data, bool HasMore, string? Next);

internal sealed record ProjectView(string Id, string Name, string Guidelines, string Rubric, string Language, int CandidatesPerTask, int JudgementsPerTask, long CreatedAt);

internal sealed record ProgressView(ProgressCounts Progress, IReadOnlyList<AnnotatorView> Annotators, IReadOnlyList<SlotView> Slots);

internal sealed record ProgressCounts(long Tasks, long Complete, long Parked, long Required, long Received, long Skips, long Flags);

internal sealed record AnnotatorView(string Handle, string Kind, long Judgements, double MedianActiveMs);

internal sealed record SlotView(string Label, double Wins, double Share);

internal sealed record AgreementView(double? Nominal, double? Ordinal, double? PairAgreement, int Pairs, int PairsJudgedTwice);

internal sealed record NextView(TaskView? Task, string? Empty);

internal sealed record TaskView(string Lease, string Task, string Project, IReadOnlyList<TurnView> Prompt, string Language, IReadOnlyList<ChoiceView> Choices, DateTimeOffset ExpiresAt);

internal sealed record TurnView(string Role, string Content);

internal sealed record ChoiceView(string Label, string Text);

internal sealed record JudgementView(string Id, string TaskId, string LeaseId, int Revision, IReadOnlyList<IReadOnlyList<string>> Ranking, bool NoneAcceptable, string Comment, long SubmittedAt);

internal sealed record NewJudgement(string Annotator, string Lease, IReadOnlyList<IReadOnlyList<string>> Ranking, string IdempotencyKey, string? Comment, bool NoneAcceptable, long ActiveMs, string? Supersedes);

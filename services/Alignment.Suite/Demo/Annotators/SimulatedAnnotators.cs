using System.Net;

namespace Alignment.Suite.Demo.Annotators;

/// <summary>
/// Judges a project's tasks through the Feedback API, as people do. Nothing but what the API shows is looked at; the rubric
/// knows the right facts from the prompt's text.
/// </summary>
internal static class SimulatedAnnotators
{
    /// <summary>Works until the queue is empty for everybody; safe to run again after it was cut short.</summary>
    /// <param name="feedback">Client whose base address is the suite or the Feedback service.</param>
    /// <param name="batch">Only this batch; null for all.</param>
    /// <param name="progress">Called with the number of judgements so far.</param>
    /// <returns>Judgements stored by this call.</returns>
    public static async Task<int> RunAsync(
        HttpClient feedback, string projectId, HelpdeskRubric rubric, SimulatedAnnotatorSettings settings, int seed,
        string? batch = null, Action<int>? progress = null, CancellationToken ct = default)
    {
        var stored = 0;
        await Task.WhenAll(Enumerable.Range(1, settings.Annotators).Select(async n =>
        {
            var annotator = new SimulatedAnnotator($"simulated-{n}", seed, settings);
            while (await NextAsync(feedback, projectId, annotator.Handle, batch, ct) is { } task)
            {
                if (await JudgeAsync(feedback, task, annotator, rubric, ct))
                {
                    progress?.Invoke(Interlocked.Increment(ref stored));
                }
            }
        }));
        return stored;
    }

    private static async Task<LeasedView?> NextAsync(HttpClient feedback, string projectId, string handle, string? batch, CancellationToken ct)
    {
        using var response = await feedback.PostAsJsonAsync($"feedback/projects/{projectId}/tasks/next", new { annotator = handle, kind = "simulated", batch }, ct);
        await ThrowOnFaultAsync(response, ct);
        return (await response.Content.ReadFromJsonAsync<NextView>(ct))!.Task;
    }

    private static async Task<bool> JudgeAsync(HttpClient feedback, LeasedView task, SimulatedAnnotator annotator, HelpdeskRubric rubric, CancellationToken ct)
    {
        var text = task.Prompt[^1].Content;
        var prompt = rubric.Find(text) ?? throw new InvalidOperationException($"Task {task.Task} asks something that samples/helpdesk does not know: “{text}”. Simulated annotators judge the sample's prompts only.");
        using var response = await feedback.PostAsJsonAsync($"feedback/tasks/{task.Task}/judgements", new
        {
            annotator = annotator.Handle,
            lease = task.Lease,
            ranking = annotator.Rank(text, task.Choices, answer => rubric.Score(prompt, answer).Total),
            idempotencyKey = $"{annotator.Handle}-{task.Task}",
        }, ct);
        if (response.StatusCode == HttpStatusCode.Conflict)
        {
            // The lease ended meanwhile, or the judgement is in from before a crash: the next request sorts it out.
            return false;
        }

        await ThrowOnFaultAsync(response, ct);
        return response.StatusCode == HttpStatusCode.Created;
    }

    private static async Task ThrowOnFaultAsync(HttpResponseMessage response, CancellationToken ct)
    {
        if (!response.IsSuccessStatusCode)
        {
            throw new HttpRequestException($"{response.RequestMessage!.Method} {response.RequestMessage.RequestUri}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(ct)}", null, response.StatusCode);
        }
    }

    private sealed record NextView(LeasedView? Task, string? Empty);

    private sealed record LeasedView(string Lease, string Task, IReadOnlyList<Turn> Prompt, IReadOnlyList<ShownAnswer> Choices);

    private sealed record Turn(string Role, string Content);
}

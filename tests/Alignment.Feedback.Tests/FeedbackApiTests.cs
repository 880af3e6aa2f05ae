namespace Alignment.Feedback.Tests;

public sealed class FeedbackApiTests
{
    [Fact]
    public async Task Next_Task_NeverSaysWhoWroteWhat()
    {
        await using var host = await FeedbackHost.StartAsync();
        var next = (await host.NextAsync(await host.ProjectAsync(), "ana")).ToJsonString();
        Assert.Contains("answer 0", next);
        Assert.DoesNotContain("model-", next);
        Assert.DoesNotContain("temperature", next);
        Assert.DoesNotContain("seed", next);
    }

    [Fact]
    public async Task Judgement_RankingWithTie_IsStoredOnceAndReplayed()
    {
        await using var host = await FeedbackHost.StartAsync();
        var project = await host.ProjectAsync(k: 3);
        var task = (await host.NextAsync(project, "ana"))["task"]!;
        var judgement = new { annotator = "ana", lease = (string)task["lease"]!, ranking = new[] { new[] { "B" }, ["A", "C"] }, idempotencyKey = "one", comment = "B is polite" };
        var (created, first) = await host.PostAsync($"/feedback/tasks/{task["task"]}/judgements", judgement);
        var (replayed, second) = await host.PostAsync($"/feedback/tasks/{task["task"]}/judgements", judgement);
        Assert.Equal((201, 200), (created, replayed));
        Assert.Equal((string)first!["id"]!, (string)second!["id"]!);
        Assert.Equal("finished", (string)(await host.NextAsync(project, "ana"))["empty"]!);
        Assert.Equal(1, (int)(await host.GetAsync($"/feedback/projects/{project}/progress"))["progress"]!["received"]!);
    }

    [Fact]
    public async Task Judgement_IncompleteRanking_NamesFieldAndRemedy()
    {
        await using var host = await FeedbackHost.StartAsync();
        var task = (await host.NextAsync(await host.ProjectAsync(k: 3), "ana"))["task"]!;
        var (status, body) = await host.PostAsync($"/feedback/tasks/{task["task"]}/judgements", new { annotator = "ana", lease = (string)task["lease"]!, ranking = new[] { new[] { "B" } }, idempotencyKey = "one" });
        Assert.Equal(422, status);
        Assert.Equal("incomplete-ranking", (string)body!["code"]!);
        Assert.Contains("place A, B, C", (string)body["detail"]!);
    }

    // What the form does for a person who came back too late: take the same task again and send the same ranking.
    [Fact]
    public async Task Judgement_LeaseExpired_IsConflictAndTheTaskCanBeTakenAgain()
    {
        await using var host = await FeedbackHost.StartAsync();
        var project = await host.ProjectAsync();
        var task = (await host.NextAsync(project, "ana"))["task"]!;
        host.Clock.Advance(TimeSpan.FromMinutes(61));
        object Judgement(string lease) => new { annotator = "ana", lease, ranking = new[] { new[] { "B" }, ["A"] }, idempotencyKey = lease };
        var (late, body) = await host.PostAsync($"/feedback/tasks/{task["task"]}/judgements", Judgement((string)task["lease"]!));
        Assert.Equal((409, "lease-expired"), (late, (string)body!["code"]!));
        var again = (await host.PostAsync($"/feedback/projects/{project}/tasks/next", new { annotator = "ana", task = (string)task["task"]! })).Body!["task"]!;
        Assert.Equal(task["choices"]!.ToJsonString(), again["choices"]!.ToJsonString());
        var (stored, _) = await host.PostAsync($"/feedback/tasks/{task["task"]}/judgements", Judgement((string)again["lease"]!));
        Assert.Equal(201, stored);
    }

    [Fact]
    public async Task Judgement_UnknownLease_IsConflict()
    {
        await using var host = await FeedbackHost.StartAsync();
        var task = (await host.NextAsync(await host.ProjectAsync(), "ana"))["task"]!;
        var (status, body) = await host.PostAsync($"/feedback/tasks/{task["task"]}/judgements", new { annotator = "bia", lease = (string)task["lease"]!, ranking = new[] { new[] { "B" }, ["A"] }, idempotencyKey = "one" });
        Assert.Equal((409, "lease-unknown"), (status, (string)body!["code"]!));
    }

    [Fact]
    public async Task CreateProject_BadFields_ReportsThemAll()
    {
        await using var host = await FeedbackHost.StartAsync();
        var (status, body) = await host.PostAsync("/feedback/projects", new { name = " ", language = "p t", candidatesPerTask = 9 });
        Assert.Equal(422, status);
        Assert.Equal(["name", "language", "candidatesPerTask"], body!["errors"]!.AsArray().Select(e => (string)e!["field"]!));
    }

    [Fact]
    public async Task CreateProject_NameTaken_IsConflict()
    {
        await using var host = await FeedbackHost.StartAsync();
        await host.PostAsync("/feedback/projects", new { name = "one" });
        var (status, body) = await host.PostAsync("/feedback/projects", new { name = "one" });
        Assert.Equal((409, "name-taken"), (status, (string)body!["code"]!));
        Assert.Single((await host.GetAsync("/feedback/projects?name=one"))["data"]!.AsArray());
    }

    [Fact]
    public async Task AnyRequest_BodyIsNotJson_SaysWhere()
    {
        await using var host = await FeedbackHost.StartAsync();
        var (status, body) = await host.PostAsync("/feedback/projects", "{\"name\": 3}");
        Assert.Equal(400, status);
        Assert.Contains("$.name", (string)body!["detail"]!);
    }

    [Fact]
    public async Task AddPrompts_WrongCandidateCount_StoresNothing()
    {
        await using var host = await FeedbackHost.StartAsync();
        var project = await host.ProjectAsync(questions: 1);
        var (status, body) = await host.PostAsync($"/feedback/projects/{project}/prompts", new { prompts = new object[] { new { prompt = "new", candidates = new[] { new { text = "x" } } }, new { prompt = 3 } } });
        Assert.Equal(422, status);
        Assert.Equal(["prompts[0].candidates", "prompts[1].prompt"], body!["errors"]!.AsArray().Select(e => (string)e!["field"]!));
        Assert.Single((await host.GetAsync($"/feedback/projects/{project}/prompts"))["data"]!.AsArray());
    }

    // Two annotators agree on both pairs: alpha is 1 when both outcomes occur.
    [Fact]
    public async Task Agreement_SameVerdicts_IsOne()
    {
        await using var host = await FeedbackHost.StartAsync();
        var project = await host.ProjectAsync(questions: 2, required: 2);
        foreach (var annotator in new[] { "ana", "bia" })
        {
            for (var i = 0; i < 2; i++)
            {
                var task = (await host.NextAsync(project, annotator))["task"]!;
                var wanted = (string)task["prompt"]![0]!["content"]! == "question 0" ? "answer 0" : "answer 1";
                var best = task["choices"]!.AsArray().Single(c => (string)c!["text"]! == wanted)!["label"]!.GetValue<string>();
                await host.PostAsync($"/feedback/tasks/{task["task"]}/judgements", new { annotator, lease = (string)task["lease"]!, ranking = new[] { new[] { best }, [best == "A" ? "B" : "A"] }, idempotencyKey = $"{annotator}-{i}" });
            }
        }

        var agreement = await host.GetAsync($"/feedback/projects/{project}/agreement");
        Assert.Equal((1.0, 1.0, 2), ((double)agreement["nominal"]!, (double)agreement["pairAgreement"]!, (int)agreement["pairsJudgedTwice"]!));
    }

    [Fact]
    public async Task Skip_ThenNext_OffersAnotherTask()
    {
        await using var host = await FeedbackHost.StartAsync();
        var project = await host.ProjectAsync(questions: 2);
        var task = (await host.NextAsync(project, "ana"))["task"]!;
        var (status, _) = await host.PostAsync($"/feedback/tasks/{task["task"]}/skip", new { annotator = "ana", lease = (string)task["lease"]!, reason = "unclear" });
        Assert.Equal(204, status);
        Assert.NotEqual((string)task["task"]!, (string)(await host.NextAsync(project, "ana"))["task"]!["task"]!);
        var (bad, body) = await host.PostAsync($"/feedback/tasks/{task["task"]}/skip", new { annotator = "ana", lease = (string)task["lease"]!, reason = "bored" });
        Assert.Equal(422, bad);
        Assert.Contains("unclear", (string)body!["detail"]!);
    }
}

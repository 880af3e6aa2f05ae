using Alignment.PreferenceStore.Projects;
using Alignment.PreferenceStore.Prompts;
using Alignment.PreferenceStore.Tasks;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Alignment.Feedback.Projects;

/// <summary>Projects, their prompts and the candidates to compare.</summary>
internal static class ProjectEndpoints
{
    public static void Map(IEndpointRouteBuilder feedback)
    {
        feedback.MapPost("/projects", CreateAsync);
        feedback.MapGet("/projects", ListAsync);
        feedback.MapGet("/projects/{id}", FindAsync);
        feedback.MapPost("/projects/{id}/prompts", AddPromptsAsync);
        feedback.MapGet("/projects/{id}/prompts", ListPromptsAsync);
        feedback.MapPost("/projects/{id}/tasks", OpenTasksAsync);
    }

    private static async Task<Results<Created<Project>, ProblemHttpResult>> CreateAsync(CreateProject request, ProjectStore projects, CancellationToken ct)
    {
        if (request.Faults() is { Any: true } faults)
        {
            return faults.ToProblem("The project cannot be created.");
        }

        var project = await projects.CreateAsync(new NewProject(request.Name!.Trim(), request.Guidelines ?? "", request.Rubric ?? "", request.Language ?? "en",
            request.CandidatesPerTask, request.JudgementsPerTask, request.LeaseMinutes, request.Seed), ct);
        return project is null
            ? Faults.Conflict("name-taken", $"There is a project named '{request.Name}' already.", "name: choose another, or use the existing one (GET /feedback/projects?name=…).")
            : TypedResults.Created($"/feedback/projects/{project.Id}", project);
    }

    private static async Task<Results<Ok<Page<Project>>, ProblemHttpResult>> ListAsync(ProjectStore projects, string? name, string? after, int limit = Page<Project>.DefaultLimit, CancellationToken ct = default)
    {
        if (name is not null)
        {
            return TypedResults.Ok(new Page<Project>(await projects.FindByNameAsync(name, ct) is { } one ? [one] : [], false, null));
        }

        return new Faults().Range(limit, "limit", 1, Page<Project>.MaximumLimit) is { Any: true } faults
            ? faults.ToProblem("The list cannot be read.")
            : TypedResults.Ok(Page<Project>.Of(await projects.ListAsync(after, limit + 1, ct), limit, p => p.Id));
    }

    private static async Task<Results<Ok<Project>, ProblemHttpResult>> FindAsync(string id, ProjectStore projects, CancellationToken ct) =>
        await projects.FindAsync(id, ct) is { } project ? TypedResults.Ok(project) : Faults.Missing("project", id);

    private static async Task<Results<Ok<PromptsAdded>, ProblemHttpResult>> AddPromptsAsync(string id, AddPrompts request, ProjectStore projects, PromptStore prompts, TaskStore tasks, CancellationToken ct)
    {
        if (await projects.FindAsync(id, ct) is not { } project)
        {
            return Faults.Missing("project", id);
        }

        var inputs = request.Prompts ?? [];
        var faults = new Faults().Range(inputs.Count, "prompts", 1, CandidateRules.PromptsPerCall).Text(request.Batch, "batch", 200, required: false);
        foreach (var (input, i) in inputs.Select((p, i) => (p, i)))
        {
            CandidateRules.Prompt(faults, input.Prompt, $"prompts[{i}].prompt");
            if (input.Candidates is not null)
            {
                CandidateRules.Candidates(faults, project, input.Candidates, $"prompts[{i}].candidates");
            }
        }

        if (faults.Any)
        {
            return faults.ToProblem("The prompts were not added; nothing was stored.");
        }

        var added = await prompts.AddAsync(id, [.. inputs.Select(p => new NewPrompt(p.Prompt.GetRawText(), p.Language ?? ""))], ct);
        var withCandidates = inputs.Zip(added).Where(p => p.First.Candidates is not null).Select(p => new NewTask(p.Second.Id, CandidateRules.ToCandidates(p.First.Candidates!))).ToList();
        var opened = await tasks.OpenAsync(id, request.Batch ?? "", withCandidates, ct);
        return TypedResults.Ok(new PromptsAdded([.. added.Select(p => new PromptAdded(p.Id, p.GroupHash))], opened));
    }

    private static async Task<Results<Ok<Page<Prompt>>, ProblemHttpResult>> ListPromptsAsync(string id, PromptStore prompts, string? after, string? withoutTaskIn, int limit = Page<Prompt>.DefaultLimit, CancellationToken ct = default) =>
        new Faults().Range(limit, "limit", 1, Page<Prompt>.MaximumLimit) is { Any: true } faults
            ? faults.ToProblem("The list cannot be read.")
            : TypedResults.Ok(Page<Prompt>.Of(withoutTaskIn is null
                ? await prompts.ListAsync(id, after, limit + 1, ct)
                : await prompts.WithoutTaskAsync(id, withoutTaskIn, limit + 1, ct), limit, p => p.Id));

    private static async Task<Results<Ok<OpenedTasks>, ProblemHttpResult>> OpenTasksAsync(string id, OpenTasks request, ProjectStore projects, TaskStore tasks, CancellationToken ct)
    {
        if (await projects.FindAsync(id, ct) is not { } project)
        {
            return Faults.Missing("project", id);
        }

        var inputs = request.Tasks ?? [];
        var faults = new Faults().Range(inputs.Count, "tasks", 1, CandidateRules.PromptsPerCall).Text(request.Batch, "batch", 200, required: false);
        foreach (var (input, i) in inputs.Select((t, i) => (t, i)))
        {
            faults.Text(input.PromptId, $"tasks[{i}].promptId", 64);
            CandidateRules.Candidates(faults, project, input.Candidates, $"tasks[{i}].candidates");
        }

        if (faults.Any)
        {
            return faults.ToProblem("The tasks were not opened; nothing was stored.");
        }

        try
        {
            return TypedResults.Ok(await tasks.OpenAsync(id, request.Batch ?? "", [.. inputs.Select(t => new NewTask(t.PromptId!, CandidateRules.ToCandidates(t.Candidates!)))], ct));
        }
        catch (KeyNotFoundException fault)
        {
            return Faults.Problem(422, "unknown-prompt", fault.Message, "tasks[].promptId: add the prompt first (POST /feedback/projects/{id}/prompts).");
        }
    }
}

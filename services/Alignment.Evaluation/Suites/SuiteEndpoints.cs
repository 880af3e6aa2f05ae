using Alignment.Jobs;
using Alignment.ServiceDefaults;
using Alignment.Storage.Artifacts;

namespace Alignment.Evaluation.Suites;

/// <summary>Evaluation suites over HTTP.</summary>
internal static class SuiteEndpoints
{
    public static void MapSuites(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/evaluations/suites", ImportAsync).WithTags("evaluations").WithSummary("Freeze a folder on this host (heldout.jsonl, general.jsonl, rubric.json) as a suite.");

    private static async Task<IResult> ImportAsync(ImportSuite request, IArtifactStore artifacts, CancellationToken ct)
    {
        var folder = Path.GetFullPath(request.Folder ?? "");
        try
        {
            var suite = EvaluationSuite.Read(folder);
            var staged = artifacts.Stage("suite");
            foreach (var file in new[] { EvaluationSuite.PromptsFile, EvaluationSuite.GeneralFile, EvaluationSuite.RubricName })
            {
                File.Copy(Path.Combine(folder, file), Path.Combine(staged, file));
            }

            return TypedResults.Ok(new { digest = await artifacts.CommitAsync(staged, ct), prompts = suite.Prompts.Count });
        }
        catch (JobFailedException e)
        {
            throw new ProblemException(422, "Not a suite.", e.Message, e.Code);
        }
    }
}

/// <param name="Folder">A folder on the host.</param>
internal sealed record ImportSuite(string? Folder);

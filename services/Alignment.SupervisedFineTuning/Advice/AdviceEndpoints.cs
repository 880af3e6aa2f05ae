using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Training.Advice;
using Alignment.ServiceDefaults;
using Alignment.Storage.Artifacts;
using Alignment.Text.Tokenization;

namespace Alignment.SupervisedFineTuning.Advice;

/// <summary>How to train a checkpoint on data in an amount of memory, over HTTP: the same advisor as <c>align advise</c>.</summary>
internal static class AdviceEndpoints
{
    private static readonly SemaphoreSlim One = new(1);

    public static void MapAdvice(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/advice", AdviseAsync).WithTags("advice").WithSummary("Recommend method, rank, batch, precision and quantisation; a trial of real steps takes some ten seconds.");

    private static async Task<IResult> AdviseAsync(AskAdvice ask, IRunTrials trials, IArtifactStore artifacts, CancellationToken ct)
    {
        var goal = ask.Goal ?? "sft";
        if (!trials.Goals.Contains(goal, StringComparer.Ordinal))
        {
            throw Refused($"goal: '{goal}' is not one of {string.Join(", ", trials.Goals)}{NearestName.Hint(goal, trials.Goals)}.");
        }

        // Two trials at once would measure each other.
        await One.WaitAsync(ct);
        try
        {
            var request = new AdviceRequest(Model(ask.Model, artifacts), [Data(ask.Data, artifacts)], MemorySize.Parse(ask.Memory ?? ""), goal);
            return TypedResults.Ok(await Task.Run(() => new Advisor((keys, budget) => trials.Run(goal, keys, budget)).Advise(request, trials.Defaults(goal)), ct));
        }
        catch (Exception e) when (e is OptionsException or CheckpointException or SafeTensorsException or ArchitectureException or TokenizerException)
        {
            throw Refused(e is OptionsException o ? string.Join(" ", o.Problems) : e.Message);
        }
        finally
        {
            One.Release();
        }
    }

    /// <summary>A digest of the artifact store, or a folder on this host.</summary>
    private static string Model(string? model, IArtifactStore artifacts)
    {
        var folder = Resolve("model", model, artifacts);
        return File.Exists(Path.Combine(folder, "config.json")) ? folder : throw Refused($"model: {model} has no config.json. Name a checkpoint by its digest, or a folder in Hugging Face layout on this host.");
    }

    /// <summary>A digest of a snapshot, or a file on this host.</summary>
    private static string Data(string? data, IArtifactStore artifacts)
    {
        var path = Resolve("data", data, artifacts);
        path = Directory.Exists(path) ? Path.Combine(path, "train.jsonl") : path;
        return File.Exists(path) ? path : throw Refused($"data: {data} is no snapshot with train.jsonl and no file on this host.");
    }

    private static string Resolve(string field, string? name, IArtifactStore artifacts) =>
        string.IsNullOrWhiteSpace(name) ? throw Refused($"{field} is missing.")
        : !name.Contains('/', StringComparison.Ordinal) && artifacts.Exists(name) ? artifacts.PathOf(name)
        : Path.GetFullPath(name);

    private static ProblemException Refused(string detail) => new(422, "No advice.", detail, "no-advice");
}

/// <param name="Model">Digest of a checkpoint, or a folder on the host.</param>
/// <param name="Data">Digest of a snapshot, or a file on the host.</param>
/// <param name="Memory">16G, 800M.</param>
/// <param name="Goal">A method of <c>align train</c>; <c>sft</c> unless given.</param>
internal sealed record AskAdvice(string? Model, string? Data, string? Memory, string? Goal);

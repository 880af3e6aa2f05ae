using System.Text.Json.Nodes;
using Alignment.ModelCore.Adapters;
using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
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
            var request = new AdviceRequest(Model(ask.Model, artifacts), [Data(ask.Data, artifacts)], MemorySize.Parse(ask.Memory ?? ""), goal) { Set = Flat(ask.Set ?? []) };
            return TypedResults.Ok(await Task.Run(
                () =>
                {
                    trials.CheckRows(goal, request.Data, request.Set);
                    return new Advisor((keys, budget) => trials.Run(goal, keys, budget)).Advise(request, trials.Defaults(goal), keys => trials.Check(goal, keys));
                },
                ct));
        }
        catch (Exception e) when (e is OptionsException or DataException or InvalidDataException or AdapterException or CheckpointException or SafeTensorsException or ArchitectureException or TokenizerException)
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
        return File.Exists(Path.Combine(folder, "config.json")) || AdapterFolder.Is(folder) ? folder : throw Refused($"model: {model} has no config.json. Name a checkpoint by its digest, or a folder in Hugging Face layout on this host.");
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

    /// <summary>A section's keys by their full names, and nothing that the request says elsewhere.</summary>
    private static JsonObject Flat(JsonObject set) => set.ContainsKey("model") || set.ContainsKey("data") ? throw Refused("set: model and data have fields of their own.")
        : new(set.SelectMany(k => k.Value is JsonObject section ? section.Select(s => KeyValuePair.Create($"{k.Key}.{s.Key}", s.Value?.DeepClone())) : [KeyValuePair.Create(k.Key, k.Value?.DeepClone())]));

    private static ProblemException Refused(string detail) => new(422, "No advice.", detail, "no-advice");
}

/// <param name="Model">Digest of a checkpoint, or a folder on the host.</param>
/// <param name="Data">Digest of a snapshot, or a file on the host.</param>
/// <param name="Memory">16G, 800M.</param>
/// <param name="Goal">A method of <c>align train</c>; <c>sft</c> unless given.</param>
/// <param name="Set">Keys of the job that are not the advisor's to choose: <c>{"reward_model": "DIR"}</c>.</param>
internal sealed record AskAdvice(string? Model, string? Data, string? Memory, string? Goal, JsonObject? Set = null);

using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Alignment.Suite.Demo.Annotators;

namespace Alignment.Suite.Demo.Running;

/// <summary>What the set-up made: the project and the cycle that use it.</summary>
internal sealed record DemoCycle(string ProjectId, string CycleId);

/// <summary>
/// Brings the sample into the suite through its API: base model, archive, evaluation suite, prompts, one cycle. Every call is idempotent, so
/// that the same command after a crash finds what the first one made.
/// </summary>
internal sealed class DemoSetup(SuiteClient suite, DemoPaths paths, JsonObject settings, int seed)
{
    private const int PromptsPerCall = 200, ReadyTries = 240;

    /// <summary>How the simulated people err, from the settings file.</summary>
    public static SimulatedAnnotatorSettings Annotators(JsonObject settings) => settings["annotators"]?.Deserialize<SimulatedAnnotatorSettings>(JsonSerializerOptions.Web) ?? new();

    public async Task<DemoCycle> RunAsync(CancellationToken ct)
    {
        await ReadyAsync(ct);
        var parent = (await suite.PostAsync("checkpoints", new { folder = paths.BaseModel, name = "helpdesk base" }, ct)).GetProperty("digest").GetString()!;
        var archive = (await suite.PostFileAsync("datasets/imports?kind=sft&name=helpdesk%20archive&file=sft.jsonl&heldout=0", paths.SftFile, ct)).GetProperty("digest").GetString()!;
        var evaluation = await EvaluationSuiteAsync(ct);
        var project = await ProjectAsync(ct);
        await PromptsAsync(project, ct);
        var config = Config(parent, archive, evaluation, project);
        var key = $"demo:{seed}:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(config.ToJsonString())))[..16]}";
        var cycle = await suite.PostAsync("cycles", new { modelLine = $"helpdesk-{seed}", config, cause = "demo" }, ct, key);
        return new(project, cycle.GetProperty("id").GetString()!);
    }

    /// <summary>Services may still be starting; every route that the demo uses must answer before anything is sent.</summary>
    private async Task ReadyAsync(CancellationToken ct)
    {
        foreach (var path in (string[])["checkpoints", "feedback/projects", "datasets/snapshots", "cycles", "evaluations/suites"])
        {
            for (var tries = 0; !await suite.AnswersAsync(path, ct); tries++)
            {
                if (tries == ReadyTries)
                {
                    throw new DemoException($"/{path} does not answer; `./align doctor` may say why.");
                }

                await Task.Delay(500, ct);
            }
        }
    }

    private async Task<string> EvaluationSuiteAsync(CancellationToken ct) =>
        (await suite.PostAsync("evaluations/suites", new { folder = paths.Sample }, ct)).GetProperty("digest").GetString()!;

    private async Task<string> ProjectAsync(CancellationToken ct)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"helpdesk {seed}");
        var projects = await suite.GetAsync("feedback/projects?limit=200", ct);
        if (projects.GetProperty("data").EnumerateArray().FirstOrDefault(p => p.GetProperty("name").GetString() == name) is { ValueKind: JsonValueKind.Object } known)
        {
            return known.GetProperty("id").GetString()!;
        }

        var feedback = settings["feedback"]!.AsObject();
        var created = await suite.PostAsync("feedback/projects", new
        {
            name, guidelines = "Rank the answers by the house's values.", rubric = await File.ReadAllTextAsync(Path.Combine(paths.Sample, "rubric.md"), ct), language = "pt-BR",
            candidatesPerTask = feedback["candidates"]!.GetValue<int>(), judgementsPerTask = Annotators(settings).Annotators, seed,
        }, ct);
        return created.GetProperty("id").GetString()!;
    }

    /// <summary>Adds the prompts; those already there stay.</summary>
    private async Task PromptsAsync(string project, CancellationToken ct)
    {
        var limit = settings["feedback"]!["prompts"]?.GetValue<int>() ?? int.MaxValue;
        var rows = File.ReadLines(paths.PromptsFile).Where(l => l.Length > 0).Take(limit).Select(l => JsonNode.Parse(l)!);
        foreach (var page in rows.Chunk(PromptsPerCall))
        {
            await suite.PostAsync($"feedback/projects/{project}/prompts", new { prompts = page.Select(r => new { prompt = r["prompt"], language = r["language"]!.GetValue<string>() }) }, ct);
        }
    }

    private JsonObject Config(string parent, string archive, string evaluation, string project)
    {
        JsonNode? Options(string stage) => settings[stage]?["options"]?.DeepClone();
        return new()
        {
            ["alias"] = "helpdesk", ["parent"] = parent, ["seed"] = seed,
            ["sft"] = settings["sft"] is null ? null : new JsonObject { ["data"] = archive, ["options"] = Options("sft") },
            ["feedback"] = new JsonObject { ["project"] = project, ["candidates"] = settings["feedback"]!["candidates"]!.DeepClone(), ["sampling"] = settings["feedback"]!["sampling"]?.DeepClone() },
            ["snapshot"] = new JsonObject { ["options"] = settings["snapshot"]?.DeepClone() },
            ["reward"] = new JsonObject { ["options"] = Options("reward"), ["minimumAccuracy"] = settings["reward"]?["minimumAccuracy"]?.DeepClone() ?? 0.5 },
            ["policy"] = new JsonObject { ["method"] = "dpo", ["options"] = Options("policy") },
            ["evaluation"] = new JsonObject { ["suite"] = evaluation, ["options"] = Options("evaluation") },
        };
    }
}

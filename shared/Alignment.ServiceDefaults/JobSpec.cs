using System.Text.Json;
using System.Text.Json.Nodes;
using Alignment.Jobs;
using Alignment.Storage.Artifacts;

namespace Alignment.ServiceDefaults;

/// <summary>Reads a job's specification and says which field is wrong.</summary>
public sealed class JobSpec(JobContext job, IArtifactStore artifacts)
{
    private readonly JsonObject fields = JsonNode.Parse(job.SpecJson) as JsonObject ?? throw new JobFailedException("bad_spec", "The specification is not a JSON object.");

    public long Seed => fields["seed"] is JsonValue v && v.TryGetValue<long>(out var seed) ? seed : 1;

    public string Text(string name) => TextOrNull(name) ?? throw new JobFailedException("bad_spec", $"{name}: the specification needs this text.");

    public string? TextOrNull(string name) => fields[name] is JsonValue v && v.GetValueKind() == JsonValueKind.String ? v.GetValue<string>() : null;

    public long Number(string name, long otherwise) => fields[name] is JsonValue v && v.TryGetValue<long>(out var n) ? n : otherwise;

    /// <summary>The object <paramref name="name"/>, empty where there is none.</summary>
    public JsonObject Object(string name) => fields[name] as JsonObject ?? [];

    /// <summary>The folder of the artifact that the field names by digest.</summary>
    public string Folder(string name)
    {
        var digest = Text(name);
        return artifacts.Exists(digest) ? artifacts.PathOf(digest) : throw new JobFailedException("artifact_missing", $"{name}: {digest} is not in the artifact store.");
    }

    /// <summary>A recipe's keys: the <c>options</c> of the specification with the given ones over them.</summary>
    public JsonObject Keys(params IEnumerable<(string Name, JsonNode? Value)> over)
    {
        var keys = Object("options").DeepClone().AsObject();
        foreach (var (name, value) in over)
        {
            keys[name] = value;
        }

        return keys;
    }
}

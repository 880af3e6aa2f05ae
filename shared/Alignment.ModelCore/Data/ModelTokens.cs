using System.Text.Json;
using System.Text.Json.Nodes;

namespace Alignment.ModelCore.Data;

/// <summary>What a model's folder says of ids: which end a turn, and how many there are.</summary>
/// <param name="Ends"><c>eos_token_id</c> of config.json and generation_config.json, a number or a list in either.</param>
/// <param name="Vocabulary">Ids that the model has an embedding for; null where the folder does not say.</param>
internal sealed record ModelTokens(HashSet<int> Ends, int? Vocabulary)
{
    /// <exception cref="InvalidDataException">A file is not what it should be.</exception>
    public static ModelTokens Read(string folder)
    {
        var (ends, vocabulary) = (new HashSet<int>(), (int?)null);
        foreach (var file in new[] { "config.json", "generation_config.json" }.Select(f => Path.Combine(folder, f)).Where(File.Exists))
        {
            var json = Parse(file);
            ends.UnionWith(json["eos_token_id"] switch
            {
                null => [],
                JsonArray list => list.Select(i => Whole(file, "eos_token_id", i)),
                var one => [Whole(file, "eos_token_id", one)],
            });
            vocabulary ??= json["vocab_size"] is { } size ? Whole(file, "vocab_size", size) : null;
        }

        return new(ends, vocabulary);
    }

    private static JsonObject Parse(string file)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllBytes(file), documentOptions: new() { AllowDuplicateProperties = false }) as JsonObject ?? throw new InvalidDataException($"{file}: the root is not a JSON object. Take the file from the model's source again.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{file}: not valid JSON: {e.Message} Take the file from the model's source again.", e);
        }
    }

    private static int Whole(string file, string key, JsonNode? node) => node is JsonValue v && v.TryGetValue<int>(out var n) ? n
        : throw new InvalidDataException($"{file}: {key} is {node?.ToJsonString() ?? "null"}, expected a whole number{(key == "eos_token_id" ? " or a list of them" : "")}.");
}

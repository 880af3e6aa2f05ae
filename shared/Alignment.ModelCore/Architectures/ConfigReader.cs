using System.Text.Json;
using System.Text.Json.Nodes;

namespace Alignment.ModelCore.Architectures;

/// <summary>Typed access to a config.json. A null value counts as absent, as transformers treats it.</summary>
public sealed class ConfigReader(JsonObject json, string source)
{
    public JsonObject Json { get; } = json;

    /// <summary>The file, for messages.</summary>
    public string Source { get; } = source;

    public static ConfigReader Open(string file)
    {
        if (!File.Exists(file))
        {
            throw new ArchitectureException($"{file}: no such file. A model folder holds config.json beside its weights.");
        }

        try
        {
            return JsonNode.Parse(File.ReadAllBytes(file), documentOptions: new() { AllowDuplicateProperties = false }) is JsonObject o ? new(o, file) : throw new ArchitectureException($"{file}: the root is not a JSON object.");
        }
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException)
        {
            throw new ArchitectureException($"{file}: not valid JSON: {e.Message}", e);
        }
    }

    public bool Has(string key) => Json[key] is not null;

    public ConfigReader? Section(string key) => Json[key] switch
    {
        null => null,
        JsonObject o => new(o, $"{Source}: {key}"),
        _ => throw Wrong(key, "an object"),
    };

    public string? Text(string key) => Get<string>(key, "a string");

    public bool Flag(string key, bool otherwise) => Json[key] is null ? otherwise : Value<bool>(key, "true or false");

    public double Number(string key, double otherwise) => Json[key] is null ? otherwise : Value<double>(key, "a number");

    public double? NumberOrNone(string key) => Json[key] is null ? null : Value<double>(key, "a number");

    /// <summary>A size: at least 1 and small enough that no product of two overflows.</summary>
    public int Size(string key, int otherwise)
    {
        var value = SizeOrNone(key) ?? otherwise;
        return value >= 1 ? value : throw Wrong(key, "a positive whole number");
    }

    public int? SizeOrNone(string key)
    {
        if (Json[key] is null)
        {
            return null;
        }

        var value = Value<double>(key, "a whole number");
        return value >= 1 && value <= int.MaxValue && value == Math.Floor(value) ? (int)value : throw Wrong(key, "a positive whole number");
    }

    public int? TokenOrNone(string key) => Tokens(key) is [var first, ..] ? first : null;

    /// <summary>Token ids written as one number or as a list.</summary>
    public IReadOnlyList<int> Tokens(string key) => Json[key] switch
    {
        null => [],
        JsonArray a => [.. a.Select(n => n is JsonValue v && v.TryGetValue<int>(out var id) ? id : throw Wrong(key, "token ids"))],
        JsonValue v when v.TryGetValue<int>(out var id) => [id],
        _ => throw Wrong(key, "a token id or a list of them"),
    };

    public IReadOnlyList<string>? Texts(string key) => Json[key] switch
    {
        null => null,
        JsonArray a => [.. a.Select(n => n is JsonValue v && v.TryGetValue<string>(out var s) ? s : throw Wrong(key, "strings"))],
        _ => throw Wrong(key, "a list of strings"),
    };

    public ArchitectureException Wrong(string key, string expected) => new($"{Source}: {key} is {Json[key]?.ToJsonString() ?? "absent"}, expected {expected}.");

    private T? Get<T>(string key, string expected)
        where T : class => Json[key] is null ? null : Value<T>(key, expected);

    private T Value<T>(string key, string expected) => Json[key] is JsonValue v && v.TryGetValue<T>(out var value) ? value : throw Wrong(key, expected);
}

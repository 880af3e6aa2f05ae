using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Alignment.ModelCore.Configuration;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Alignment.Suite.Commands.Training;

/// <summary>The keys of a <c>job.yaml</c> with <c>--set key=value</c> laid over them.</summary>
internal static partial class JobFile
{
    /// <param name="path">The file, or null.</param>
    /// <param name="sets">What comes after each --set.</param>
    /// <param name="places">Receives file and line of every key that the file sets, for <see cref="Place"/>.</param>
    /// <exception cref="OptionsException">The file is not a list of keys, or a --set is not key=value.</exception>
    public static JsonObject Read(string? path, IEnumerable<string> sets, Dictionary<string, string>? places = null)
    {
        var keys = path is null ? [] : Parse(path, places ?? []);
        foreach (var set in sets)
        {
            var equals = set.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                throw new OptionsException([$"--set {set}: write it as key=value."]);
            }

            // A list is written as in YAML: --set data=[a.jsonl,b.jsonl].
            // A section too: --set tuning={method: lora, rank: 8}.
            var (name, value) = (set[..equals], Value(set[(equals + 1)..], $"--set {set}"));
            foreach (var (key, node) in value is JsonObject section ? section.Select(s => KeyValuePair.Create($"{name}.{s.Key}", s.Value?.DeepClone())) : [KeyValuePair.Create(name, value)])
            {
                keys[key] = node;
                places?.Remove(key);
            }
        }

        return keys;
    }

    /// <summary>The same fault with file and line of the key that it begins with, where the file sets that key.</summary>
    public static string Place(string problem, IReadOnlyDictionary<string, string> places)
    {
        var name = FirstKey().Match(problem).Groups[1].Value;
        return places.TryGetValue(name, out var place) ? $"{place}: {problem}" : problem;
    }

    [GeneratedRegex(@"^(?:Unknown key ')?(\w+(?:\.\w+)*)")]
    private static partial Regex FirstKey();

    private static JsonObject Parse(string path, Dictionary<string, string> places)
    {
        if (Directory.Exists(path))
        {
            throw new OptionsException([$"--config {path} is a folder. Name the job file in it."]);
        }

        if (!File.Exists(path))
        {
            throw new OptionsException([$"{path}: no such job file. --explain lists the keys it may hold."]);
        }

        var keys = new JsonObject();
        foreach (var (key, value) in Mapping(path))
        {
            var name = (key as YamlScalarNode)?.Value ?? key.ToString();
            if (!keys.TryAdd(name, Node(value)))
            {
                throw new OptionsException([$"{path}:{key.Start.Line}: key '{name}' is set twice. Remove one."]);
            }

            places[name] = $"{path}:{key.Start.Line}";
            foreach (var inner in (value as YamlMappingNode)?.Children.Keys ?? [])
            {
                places[$"{name}.{inner}"] = $"{path}:{inner.Start.Line}";
            }
        }

        foreach (var twice in keys.Where(k => k.Value is JsonObject).SelectMany(k => k.Value!.AsObject().Select(s => $"{k.Key}.{s.Key}")).Where(keys.ContainsKey))
        {
            throw new OptionsException([$"{path}: key '{twice}' is set twice, once in its section and once alone. Remove one."]);
        }

        // A key without a value means its default.
        foreach (var empty in keys.Where(k => k.Value is null).Select(k => k.Key).ToList())
        {
            keys.Remove(empty);
        }

        return keys;
    }

    private static IEnumerable<KeyValuePair<YamlNode, YamlNode>> Mapping(string path)
    {
        var yaml = new YamlStream();
        try
        {
            using var reader = new StreamReader(path);
            yaml.Load(reader);
        }
        catch (YamlException e)
        {
            throw new OptionsException([$"{path}:{e.Start.Line}:{e.Start.Column}: not valid YAML ({e.InnerException?.Message ?? e.Message}). Write one 'key: value' on each line."]);
        }

        if (yaml.Documents.Count > 1)
        {
            throw new OptionsException([$"{path}:{yaml.Documents[1].RootNode.Start.Line}: a second document begins here. A job file is one; remove the line '---' or what follows it."]);
        }

        return yaml.Documents.Count == 0 ? [] : yaml.Documents[0].RootNode switch
        {
            YamlMappingNode m => m,
            YamlScalarNode { Value: null or "" } => [],
            var other => throw new OptionsException([$"{path}:{other.Start.Line}: expected 'key: value' lines."]),
        };
    }

    // A list or section may hold itself through an alias.
    private static JsonNode? Node(YamlNode node, int depth = 0) => depth > 16 ? throw new OptionsException([$"line {node.Start.Line}: nested too deeply, or an alias that holds itself."]) : node switch
    {
        YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "~" or "null" } => null,
        YamlScalarNode s => JsonValue.Create(s.Value),
        YamlSequenceNode list => new JsonArray([.. list.Select(n => Node(n, depth + 1))]),
        YamlMappingNode map => new JsonObject(map.Select(p => KeyValuePair.Create(p.Key.ToString(), Node(p.Value, depth + 1)))),
        _ => throw new OptionsException([$"line {node.Start.Line}: aliases are not supported here."]),
    };

    // Not a template's {{ x }} or {% x %}, nor {placeholder}.
    [GeneratedRegex(@"^\{\s*\w+:\s")]
    private static partial Regex Section();

    private static JsonNode? Value(string text, string where)
    {
        if (!text.StartsWith('[') && !Section().IsMatch(text))
        {
            return JsonValue.Create(text);
        }

        var yaml = new YamlStream();
        try
        {
            yaml.Load(new StringReader(text));
        }
        catch (YamlException)
        {
            throw new OptionsException([$"{where}: the {(text[0] == '[' ? "list is not closed or not valid. Write [a, b]" : "section is not closed or not valid. Write {key: value, key: value}")}."]);
        }

        return Node(yaml.Documents[0].RootNode);
    }
}

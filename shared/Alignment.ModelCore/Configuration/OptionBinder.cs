using System.Text.Json.Nodes;

namespace Alignment.ModelCore.Configuration;

/// <summary>Turns a job file's keys into a typed options object, or refuses it with every fault at once.</summary>
public static class OptionBinder
{
    /// <exception cref="OptionsException">A key is unknown, misspelt, out of range or contradicts another.</exception>
    public static T Bind<T>(JsonObject keys)
        where T : class, new()
    {
        var options = new T();
        var known = OptionKey.Of(typeof(T)).ToDictionary(k => k.Name, StringComparer.Ordinal);
        var problems = new List<string>();
        var sections = OptionKey.SectionsOf(typeof(T));
        var given = Flat(keys, sections.Keys);
        foreach (var (name, node) in given)
        {
            if (!known.TryGetValue(name, out var key))
            {
                problems.Add(sections.ContainsKey(name) ? $"{name} is a section: write {name}.key: value, or {name}: {{key: value}}; --explain lists its keys."
                    : $"Unknown key '{name}'; {(NearestKey.Of(name, known.Keys) is { } near ? $"did you mean {near}?" : "--explain lists every key.")}");
                continue;
            }

            var value = OptionValue.Read(key, node, out var complaint);
            if (complaint is not null)
            {
                problems.Add(complaint);
            }
            else
            {
                key.Set(options, value);
            }
        }

        if (problems.Count == 0)
        {
            problems.AddRange(Contradictions(options, given.Keys).Distinct(StringComparer.Ordinal));
        }

        return problems.Count == 0 ? options : throw new OptionsException(problems);
    }

    private static IEnumerable<string> Contradictions(object options, IEnumerable<string> given)
    {
        var names = given.ToHashSet(StringComparer.Ordinal);
        foreach (var problem in (options as IOptionSet)?.Contradictions(names) ?? [])
        {
            yield return problem;
        }

        foreach (var (section, property) in OptionKey.SectionsOf(options.GetType()))
        {
            var own = names.Where(n => n.StartsWith(section + ".", StringComparison.Ordinal)).Select(n => n[(section.Length + 1)..]).ToHashSet(StringComparer.Ordinal);
            foreach (var problem in (property.GetValue(options) as IOptionSet)?.Contradictions(own) ?? [])
            {
                yield return $"{section}.{problem}";
            }
        }
    }

    // A section may be written as one: {tuning: {rank: 8}} is tuning.rank: 8.
    private static Dictionary<string, JsonNode?> Flat(JsonObject keys, IEnumerable<string> sections)
    {
        var known = sections.ToHashSet(StringComparer.Ordinal);
        var flat = new Dictionary<string, JsonNode?>(StringComparer.Ordinal);
        foreach (var (name, node) in keys.SelectMany(k => known.Contains(k.Key) && k.Value is JsonObject section
            ? section.Where(s => s.Value is not null).Select(s => KeyValuePair.Create($"{k.Key}.{s.Key}", s.Value)) : [k]))
        {
            flat[name] = node;
        }

        return flat;
    }

    /// <summary>The options as an object of keys, defaults included: what a run writes down about itself.</summary>
    public static JsonObject Describe(object options)
    {
        var o = new JsonObject();
        foreach (var key in OptionKey.Of(options.GetType()))
        {
            o[key.Name] = key.Get(options) switch
            {
                null => null,
                string s => JsonValue.Create(s),
                bool b => JsonValue.Create(b),
                int n => JsonValue.Create(n),
                long n => JsonValue.Create(n),
                double d => JsonValue.Create(d),
                IReadOnlyList<string> list => new JsonArray([.. list.Select(x => (JsonNode?)JsonValue.Create(x))]),
                IReadOnlyList<double> list => new JsonArray([.. list.Select(x => (JsonNode?)JsonValue.Create(x))]),
                var other => throw new NotSupportedException($"{key.Name}: {other.GetType().Name} has no JSON form."),
            };
        }

        return o;
    }
}

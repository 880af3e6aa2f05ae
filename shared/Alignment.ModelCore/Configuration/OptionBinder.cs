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
        foreach (var (name, node) in keys)
        {
            if (!known.TryGetValue(name, out var key))
            {
                problems.Add($"Unknown key '{name}'{NearestName.Hint(name, known.Keys)}{(NearestName.Of(name, known.Keys) is null ? "; --explain lists every key." : "")}");
                continue;
            }

            var value = OptionValue.Read(key, node, out var complaint);
            if (complaint is not null)
            {
                problems.Add(complaint);
            }
            else
            {
                key.Property.SetValue(options, value);
            }
        }

        if (problems.Count == 0 && options is IOptionSet set)
        {
            problems.AddRange(set.Contradictions(keys.Select(k => k.Key).ToHashSet(StringComparer.Ordinal)));
        }

        return problems.Count == 0 ? options : throw new OptionsException(problems);
    }

    /// <summary>The options as an object of keys, defaults included: what a run writes down about itself.</summary>
    public static JsonObject Describe(object options)
    {
        var o = new JsonObject();
        foreach (var key in OptionKey.Of(options.GetType()))
        {
            o[key.Name] = key.Property.GetValue(options) switch
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

using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Alignment.ModelCore.Adapters;

/// <summary>PEFT's rules for which modules an adapter changes, by their names in the checkpoint.</summary>
internal static class ModuleNames
{
    /// <summary>What the keys of methods that change layers begin with.</summary>
    public const string Root = "base_model.model.";

    /// <summary>What the keys of modules trained in full begin with; learned prompts wrap the model once less.</summary>
    public static string RootOf(string method) => method is "PREFIX_TUNING" or "PROMPT_TUNING" or "P_TUNING" ? "base_model." : Root;

    /// <param name="usual">Targets where neither the file nor the family says.</param>
    /// <param name="isBodyLinear">Whether <c>all-linear</c> means this module.</param>
    public static bool IsTarget(AdapterConfig config, string module, string family, IReadOnlyList<string> usual, bool isBodyLinear)
    {
        if (config.Json["exclude_modules"] is { } exclude && Named(exclude, module))
        {
            return false;
        }

        if (config.ModulesToSave.Any(m => Matches($@"(^|.*\.){m}($|\..*)", module, anchorEnd: false)))
        {
            return false;
        }

        var targets = config.Json["target_modules"] ?? Default(config.Method, family, usual);
        if (targets is JsonValue pattern)
        {
            return pattern.ToString().Equals("all-linear", StringComparison.OrdinalIgnoreCase) ? isBodyLinear : Matches(pattern.ToString(), module, anchorEnd: true);
        }

        var names = Texts(targets, "target_modules");
        return names.Contains(module, StringComparer.Ordinal)
            || (names.Any(n => module.EndsWith("." + n, StringComparison.Ordinal)) && InLayers(config, module));
    }

    /// <summary>Whether the module is one whose input IA³ scales.</summary>
    public static bool IsFeedForward(AdapterConfig config, string module, string family) => config.Json["feedforward_modules"] switch
    {
        null => module.EndsWith(family == "gpt2" ? "mlp.c_proj" : "down_proj", StringComparison.Ordinal),
        JsonArray list => Texts(list, "feedforward_modules").Any(n => module.EndsWith(n, StringComparison.Ordinal)),
        var pattern => Matches(pattern.ToString(), module, anchorEnd: true),
    };

    /// <summary>Python's <c>re.match</c>, or <c>re.fullmatch</c> with <paramref name="anchorEnd"/>.</summary>
    public static bool Matches(string pattern, string text, bool anchorEnd)
    {
        try
        {
            return Regex.IsMatch(text, anchorEnd ? $@"\A(?:{pattern})\z" : $@"\A(?:{pattern})", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
        }
        catch (Exception e) when (e is ArgumentException or RegexMatchTimeoutException)
        {
            throw new AdapterException($"adapter_config.json: '{pattern}' is not a usable pattern: {e.Message}");
        }
    }

    private static bool Named(JsonNode names, string module) => names is JsonArray list
        ? Texts(list, "exclude_modules").Any(n => module == n || module.EndsWith("." + n, StringComparison.Ordinal))
        : names.ToString() is { Length: > 0 } pattern && Matches(pattern, module, anchorEnd: true);

    private static bool InLayers(AdapterConfig config, string module)
    {
        string[]? layers = config.Json["layers_to_transform"] switch { null => null, JsonArray many => [.. many.Select(n => n?.ToString() ?? "")], var one => [one.ToString()] };
        if (layers is null or { Length: 0 })
        {
            return true;
        }

        string[] patterns = config.Json["layers_pattern"] switch { JsonArray { Count: > 0 } many => [.. many.Select(n => n?.ToString() ?? "")], JsonValue one when one.ToString().Length > 0 => [one.ToString()], _ => [@"[^.]*"] };
        foreach (var pattern in patterns)
        {
            var m = Regex.Match(module, $@"\A.*\.{pattern}\.(\d+)\.", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
            if (m.Success)
            {
                return layers.Contains(int.Parse(m.Groups[^1].Value, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture));
            }
        }

        return false;
    }

    private static string[] Texts(JsonNode node, string key) => node is JsonArray list ? [.. list.Select(n => n?.ToString() ?? "")]
        : throw new AdapterException($"adapter_config.json: {key} is {node.ToJsonString()}; a list of names, a pattern or all-linear is expected.");

    private static JsonArray Default(string method, string family, IReadOnlyList<string> usual) =>
        [.. (family != "gpt2" ? usual : method == "IA3" ? ["c_attn", "mlp.c_proj"] : (IReadOnlyList<string>)["c_attn"]).Select(n => (JsonNode)n)];
}

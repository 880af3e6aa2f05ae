using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Adapters;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families.Training;

/// <summary>The LoRA of a training fixture: its settings from the sentence that describes it, its start from <c>in.initial.*</c>.</summary>
internal static class LoraFixture
{
    private const string Initial = "in.initial.";

    public static void AddKeys(GoldenCase c, JsonObject keys)
    {
        var line = c.Json.GetProperty("how_it_is_computed").EnumerateArray().Select(l => l.GetString()!).First(l => l.StartsWith("LoRA", StringComparison.Ordinal));
        string Find(string pattern) => Regex.Match(line, pattern) is { Success: true } m ? m.Groups[1].Value : throw new UnsupportedCaseException($"LoRA fixture without {pattern}: {line}");
        keys["tuning.method"] = "lora";
        keys["tuning.rank"] = int.Parse(Find(@"\br (\d+)"), CultureInfo.InvariantCulture);
        keys["tuning.alpha"] = double.Parse(Find(@"lora_alpha (\d+)"), CultureInfo.InvariantCulture);
        keys["tuning.dropout"] = double.Parse(Find(@"dropout ([\d.]*\d)"), CultureInfo.InvariantCulture);
        keys["tuning.target_modules"] = Find(@", on (.+?)(?: of every layer|;|$)") is var targets && targets.Contains("all linear", StringComparison.Ordinal) ? "all-linear"
            : new JsonArray([.. Regex.Matches(targets, @"\w*_\w+").Select(m => (JsonNode)m.Value)]);
    }

    /// <summary>Overwrites the fresh start with the fixture's.</summary>
    public static void Begin(GoldenCase c, AdapterSet adapter)
    {
        using var none = no_grad();
        Expect.Equal("trained tensors", adapter.Tensors.Count, c.Tensors.Names.Count(n => n.StartsWith(Initial, StringComparison.Ordinal)));
        foreach (var (key, value) in adapter.Tensors)
        {
            value.copy_(c.Tensors.Tensor(Initial + NameInMemory(key)));
        }
    }

    /// <summary>PEFT's name of a parameter in memory, with the adapter's own name in it.</summary>
    public static string NameInMemory(string key) => Regex.Replace(key, @"\.(lora_[AB])\.", ".$1.default.");
}

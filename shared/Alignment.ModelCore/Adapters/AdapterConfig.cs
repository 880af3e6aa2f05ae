using System.Text.Json;
using System.Text.Json.Nodes;

namespace Alignment.ModelCore.Adapters;

/// <summary>PEFT's <c>adapter_config.json</c>. Keys that this code does not know are kept as they are; missing ones take PEFT's defaults.</summary>
public sealed class AdapterConfig(JsonObject json)
{
    public const string FileName = "adapter_config.json";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Everything the file says.</summary>
    public JsonObject Json => json;

    /// <summary>LORA, IA3, PREFIX_TUNING, ….</summary>
    public string Method => Text("peft_type") ?? throw new AdapterException("adapter_config.json has no peft_type.");

    /// <summary>CAUSAL_LM, SEQ_CLS, TOKEN_CLS, …; null where the file does not say.</summary>
    public string? Task => Text("task_type");

    /// <summary>LoRA's rank; default 8.</summary>
    public int Rank => Count("r", 8);

    /// <summary>LoRA's alpha; default 8.</summary>
    public double Alpha => Number("lora_alpha", 8);

    /// <summary>Dropout on the input of A; default 0.</summary>
    public double Dropout => Number("lora_dropout", 0);

    /// <summary>none, all, lora_only: which biases of the base are trained; default none.</summary>
    public string Bias => Text("bias") ?? "none";

    /// <summary>Whether B has a bias of its own; default false.</summary>
    public bool BiasOfB => Flag("lora_bias");

    /// <summary>Scale α/√r instead of α/r; default false.</summary>
    public bool RankStabilised => Flag("use_rslora");

    /// <summary>DoRA: direction and magnitude apart; default false.</summary>
    public bool Decomposed => Flag("use_dora");

    /// <summary>Modules trained in full beside the adapter.</summary>
    public IReadOnlyList<string> ModulesToSave => List("modules_to_save") ?? [];

    public static AdapterConfig Load(string folder)
    {
        var file = Path.Combine(folder, FileName);
        try
        {
            return new(JsonNode.Parse(File.ReadAllText(file), documentOptions: new() { AllowDuplicateProperties = false }) as JsonObject ?? throw new AdapterException($"{file}: an object is expected."));
        }
        catch (JsonException e)
        {
            throw new AdapterException($"{file}: {e.Message}");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new AdapterException($"{file}: not found; a PEFT adapter folder has one.");
        }
    }

    public void Save(string folder)
    {
        var sorted = new JsonObject(json.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => KeyValuePair.Create(p.Key, p.Value?.DeepClone())));
        File.WriteAllText(Path.Combine(folder, FileName), sorted.ToJsonString(Indented));
    }

    public string? Text(string key) => json[key] is JsonValue v && v.GetValueKind() == JsonValueKind.String ? v.GetValue<string>() : null;

    public bool Flag(string key) => json[key] is JsonValue v && v.GetValueKind() == JsonValueKind.True;

    /// <summary>A number; <paramref name="missing"/> where the key is absent or null.</summary>
    public double Number(string key, double missing) => json[key] switch
    {
        null => missing,
        JsonValue v when v.GetValueKind() == JsonValueKind.Number => double.Parse(v.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture),
        var other => throw new AdapterException($"adapter_config.json: {key} is {other.ToJsonString()}; a number is expected."),
    };

    /// <summary>A whole number above 0.</summary>
    public int Count(string key, int missing) => Number(key, missing) is var n && n == (int)n && n > 0 ? (int)n
        : throw new AdapterException($"adapter_config.json: {key} is {json[key]?.ToJsonString() ?? "absent"}; a whole number above 0 is expected.");

    /// <summary>A list of texts; null if the key is absent, null, or no list.</summary>
    public IReadOnlyList<string>? List(string key) => (json[key] as JsonArray)?.Select(x => x?.ToString() ?? "").ToArray();

    /// <summary>A number given for modules whose name matches one of a dictionary's patterns.</summary>
    public double? Pattern(string key, string module)
    {
        foreach (var (pattern, value) in json[key] as JsonObject ?? [])
        {
            if (ModuleNames.Matches($@"(.*\.)?({pattern})$", module, anchorEnd: false))
            {
                return value is JsonValue v && v.GetValueKind() == JsonValueKind.Number ? double.Parse(v.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture)
                    : throw new AdapterException($"adapter_config.json: {key} of {pattern} is {value?.ToJsonString() ?? "null"}; a number is expected.");
            }
        }

        return null;
    }

    /// <summary>Keys that neither PEFT 0.21 nor this code knows; they are kept and have no effect.</summary>
    public IReadOnlyList<string> Unknown => [.. json.Select(p => p.Key).Where(k => !KnownKeys.All.Contains(k))];
}

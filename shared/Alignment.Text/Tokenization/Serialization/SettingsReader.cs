using System.Text.Json;

namespace Alignment.Text.Tokenization.Serialization;

/// <summary>Reads <c>tokenizer_config.json</c>, <c>special_tokens_map.json</c> and chat templates of a model's folder.</summary>
internal static class SettingsReader
{
    public static TokenizerSettings Read(string folder)
    {
        var config = Object(Path.Combine(folder, "tokenizer_config.json"));
        var map = Object(Path.Combine(folder, "special_tokens_map.json"));
        var templates = Templates(config);
        var more = Path.Combine(folder, "additional_chat_templates");
        foreach (var other in Directory.Exists(more) ? Directory.GetFiles(more, "*.jinja") : [])
        {
            templates[Path.GetFileNameWithoutExtension(other)] = File.ReadAllText(other);
        }

        var file = Path.Combine(folder, "chat_template.jinja");
        if (File.Exists(file))
        {
            templates["default"] = File.ReadAllText(file);
        }

        return new()
        {
            BosToken = Token("bos_token", config, map),
            EosToken = Token("eos_token", config, map),
            PadToken = Token("pad_token", config, map),
            UnknownToken = Token("unk_token", config, map),
            SepToken = Token("sep_token", config, map),
            ClsToken = Token("cls_token", config, map),
            MaskToken = Token("mask_token", config, map),
            SpecialTokens = SpecialTokens(config, map),
            ChatTemplates = templates,
            ChatTemplate = templates.GetValueOrDefault("default") ?? (templates.Count == 1 ? templates.Values.First() : null),
            ModelMaxLength = Property(config, "model_max_length") is { ValueKind: JsonValueKind.Number } n && n.TryGetInt32(out var length) ? length : null,
            CleanUpTokenizationSpaces = Property(config, "clean_up_tokenization_spaces") is { ValueKind: JsonValueKind.True },
        };
    }

    private static Dictionary<string, string> SpecialTokens(JsonElement? config, JsonElement? map)
    {
        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in new[] { "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token" })
        {
            if (Token(name, config, map) is { } token)
            {
                result[name] = token;
            }
        }

        if (Property(config, "extra_special_tokens") is { ValueKind: JsonValueKind.Object } own)
        {
            foreach (var p in own.EnumerateObject())
            {
                if (Token(p.Name, own) is { } token)
                {
                    result[p.Name] = token;
                }
            }
        }

        return result;
    }

    private static Dictionary<string, string> Templates(JsonElement? config)
    {
        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        var template = Property(config, "chat_template");
        if (template is { ValueKind: JsonValueKind.String } one)
        {
            result["default"] = one.GetString()!;
        }
        else if (template is { ValueKind: JsonValueKind.Array } many)
        {
            foreach (var t in many.EnumerateArray())
            {
                if (Property(t, "name")?.GetString() is { } name && Property(t, "template")?.GetString() is { } text)
                {
                    result[name] = text;
                }
            }
        }

        return result;
    }

    private static JsonElement? Property(JsonElement? json, string name) =>
        json is { ValueKind: JsonValueKind.Object } o && o.TryGetProperty(name, out var v) && v.ValueKind != JsonValueKind.Null ? v : null;

    private static string? Token(string name, params JsonElement?[] sources) => sources.Select(s => Property(s, name)).Select(v => v switch
    {
        { ValueKind: JsonValueKind.String } s => s.GetString(),
        { ValueKind: JsonValueKind.Object } o when Property(o, "content") is { ValueKind: JsonValueKind.String } c => c.GetString(),
        _ => null,
    }).FirstOrDefault(t => t is not null);

    private static JsonElement? Object(string file)
    {
        if (!File.Exists(file))
        {
            return null;
        }

        try
        {
            return JsonDocument.Parse(File.ReadAllBytes(file)).RootElement;
        }
        catch (JsonException e)
        {
            throw new TokenizerException($"{file}: {e.Message}", e);
        }
    }
}

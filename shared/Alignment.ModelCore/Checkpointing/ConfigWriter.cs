using System.Text.Json;
using System.Text.Json.Nodes;
using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Quantization;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Checkpointing;

/// <summary>Writes config.json: the file as it was read, with the class, dtype and labels of the model that is saved.</summary>
public static class ConfigWriter
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write(DecoderConfig config, ScalarType dtype, bool? version4 = null, QuantisationFormat? quantised = null)
    {
        var json = (JsonObject)config.Json.DeepClone();
        var old = version4 ?? json.ContainsKey("torch_dtype");
        json.Remove(old ? "dtype" : "torch_dtype");
        json[old ? "torch_dtype" : "dtype"] = SafeTensorsTypes.DTypeName(dtype);
        json["architectures"] = new JsonArray(Architecture(config));
        json["tie_word_embeddings"] = config.TiedEmbedding;
        WriteTokens(json, config);
        json.Remove("quantization_config");
        if (quantised is not null)
        {
            json["quantization_config"] = Quantisation(quantised);
        }

        if (config.Head != HeadKind.Language)
        {
            json["id2label"] = new JsonObject([.. Enumerable.Range(0, config.LabelCount).Select(i => KeyValuePair.Create<string, JsonNode?>(i.ToString(), json["id2label"]?[i.ToString()]?.DeepClone() ?? $"LABEL_{i}"))]);
            json["label2id"] = new JsonObject([.. ((JsonObject)json["id2label"]!).Select(p => KeyValuePair.Create(p.Value!.GetValue<string>(), (JsonNode?)int.Parse(p.Key)))]);
            json.Remove("num_labels");
        }

        if (version4 is { } wanted)
        {
            SpellRope(json, wanted);
        }

        return JsonSerializer.Serialize(json, Indented) + "\n";
    }

    /// <summary>What transformers needs to load the weights again; the keys of its BitsAndBytesConfig.</summary>
    private static JsonObject Quantisation(QuantisationFormat format) => new()
    {
        ["_load_in_4bit"] = format.Code is not null,
        ["_load_in_8bit"] = format.Code is null,
        ["bnb_4bit_compute_dtype"] = "float32",
        ["bnb_4bit_quant_storage"] = "uint8",
        ["bnb_4bit_quant_type"] = (format.Code ?? FourBitCode.Fp4).Name,
        ["bnb_4bit_use_double_quant"] = format.Double,
        ["llm_int8_enable_fp32_cpu_offload"] = false,
        ["llm_int8_has_fp16_weight"] = false,
        ["llm_int8_skip_modules"] = null,
        ["llm_int8_threshold"] = format.OutlierThreshold > 0 ? (decimal)format.OutlierThreshold : 6.0m,
        ["load_in_4bit"] = format.Code is not null,
        ["load_in_8bit"] = format.Code is null,
        ["quant_method"] = "bitsandbytes",
    };

    private static void WriteTokens(JsonObject json, DecoderConfig config)
    {
        if (config.PadTokenId is { } pad)
        {
            json["pad_token_id"] = pad;
        }
    }

    private static string Architecture(DecoderConfig config)
    {
        var stem = config.Json["architectures"] is JsonArray { Count: > 0 } a && a[0]?.GetValue<string>() is { } name ? name : "";
        var cut = stem.IndexOf("For", StringComparison.Ordinal) is var f and > 0 ? f : stem.IndexOf("LMHead", StringComparison.Ordinal);
        var family = cut > 0 ? stem[..cut] : config.Family switch { "gpt2" => "GPT2", var m => char.ToUpperInvariant(m[0]) + m[1..] };
        return config.Head switch
        {
            HeadKind.Sequence => family + "ForSequenceClassification",
            HeadKind.Token => family + "ForTokenClassification",
            _ => family == "GPT2" ? "GPT2LMHeadModel" : family + "ForCausalLM",
        };
    }

    /// <summary>Moves the rotary settings between <c>rope_parameters</c> and <c>rope_theta</c> + <c>rope_scaling</c>.</summary>
    private static void SpellRope(JsonObject json, bool version4)
    {
        if (version4 && json["rope_parameters"] is JsonObject parameters)
        {
            json["rope_theta"] = parameters["rope_theta"]?.DeepClone() ?? 10000.0;
            var scaling = (JsonObject)parameters.DeepClone();
            scaling.Remove("rope_theta");
            json["rope_scaling"] = scaling["rope_type"]?.GetValue<string>() is null or "default" ? null : scaling;
            json.Remove("rope_parameters");
        }
        else if (!version4 && (json.ContainsKey("rope_theta") || json.ContainsKey("rope_scaling")))
        {
            var section = json["rope_scaling"]?.DeepClone() as JsonObject ?? new JsonObject { ["rope_type"] = "default" };
            if (section["type"] is { } type)
            {
                section["rope_type"] ??= type.DeepClone();
                section.Remove("type");
            }

            section["rope_theta"] = json["rope_theta"]?.DeepClone() ?? 10000.0;
            json["rope_parameters"] = section;
            json.Remove("rope_theta");
            json.Remove("rope_scaling");
        }
    }
}

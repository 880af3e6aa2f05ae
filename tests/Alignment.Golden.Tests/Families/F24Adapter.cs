using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Adapters;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

/// <summary>A case's adapter as the product's files have it.</summary>
internal static class F24Adapter
{
    public static AdapterConfig Config(GoldenCase c) => Config(c.Json.GetProperty("adapter_config"), c.Json.GetProperty("method").GetString()!);

    public static AdapterConfig Config(JsonElement settings, string method)
    {
        var json = (JsonObject)JsonNode.Parse(settings.GetRawText())!;
        json["peft_type"] ??= method;
        return new(json);
    }

    /// <summary>Tensors by the product's keys: those of PEFT, its prompt encoder under the name it has in memory.</summary>
    public static Dictionary<string, Tensor> Tensors(GoldenCase c, string prefix, ScalarType dtype) => c.Tensors.Names.Where(n => n.StartsWith(prefix, StringComparison.Ordinal))
        .ToDictionary(n => n[prefix.Length..] is var key && key.StartsWith("encoder.", StringComparison.Ordinal) ? "prompt_" + key : key, n => c.Tensors.Tensor(n).to_type(dtype), StringComparer.Ordinal);

    public static string NameInCase(GoldenCase c, string key)
    {
        if (key.StartsWith("prompt_encoder.", StringComparison.Ordinal))
        {
            return key["prompt_".Length..];
        }

        // The adapters library has the adapter's name in the middle and a number after adapter_down.
        var m = Regex.Match(key, @"^base_model\.model\.(.*\.(?:attention|output)_adapters)\.(?:(adapter_down|adapter_up)\.)?(weight|bias|scaling)$");
        if (!m.Success)
        {
            return key;
        }

        var own = c.Json.GetProperty("grad_summary").EnumerateObject().Select(g => Regex.Match(g.Name, @"_adapters\.adapters\.([^.]+)\.")).First(x => x.Success).Groups[1].Value;
        return $"{m.Groups[1].Value}.adapters.{own}.{(m.Groups[2].Success ? m.Groups[2].Value + (m.Groups[2].Value == "adapter_down" ? ".0." : ".") : "")}{m.Groups[3].Value}";
    }
}

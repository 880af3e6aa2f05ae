using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Adapters;
using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

/// <summary>F25: PEFT's folders, read and written again: keys, dtypes, shapes and bytes of tensors, values of the settings, and what the model then answers.</summary>
internal sealed class F25PeftFiles : IGoldenCheck
{
    public string Family => "F25";

    public void Check(GoldenCase c)
    {
        if (c.Json.Has("defaults"))
        {
            Defaults(c);
            return;
        }

        var copy = Directory.CreateTempSubdirectory("peft").FullName;
        try
        {
            foreach (var name in c.Json.GetProperty("adapters").EnumerateArray().Select(a => a.GetString()!))
            {
                var part = name == "default" ? "" : name;
                One(c, name, Path.Combine(c.Family.Folder, c.Json.GetProperty("folder").GetString()!, part), Path.Combine(copy, part));
            }

            Files(c, copy);
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }
    }

    private static void One(GoldenCase c, string name, string folder, string copy)
    {
        var check = c.Json.GetProperty("check").GetProperty(name);
        using var model = Open(c);
        using (var adapter = AdapterFolder.Load(model, folder))
        {
            InMemory(c, name, adapter);
            AdapterFolder.Save(adapter, copy);
            Settings(folder, copy);
        }

        // The settings may hold what nobody knows: it is named, and it is still there afterwards.
        var strange = AdapterConfig.Load(folder);
        strange.Json["a_key_of_tomorrow"] = new JsonObject { ["x"] = 1 };
        Expect.Equal<string>("unknown keys", strange.Unknown, ["a_key_of_tomorrow"]);
        strange.Save(copy);
        Expect.Equal("a kept key", AdapterConfig.Load(copy).Json["a_key_of_tomorrow"]?.ToJsonString() ?? "", "{\"x\":1}");
        File.Copy(Path.Combine(folder, AdapterConfig.FileName), Path.Combine(copy, AdapterConfig.FileName), overwrite: true);

        // The copy on a fresh base answers as PEFT's own did.
        using var fresh = Open(c);
        using var loaded = AdapterFolder.Load(fresh, copy, ScalarType.Float32);
        using var none = no_grad();
        var ids = tensor(check.Ints("input_ids").Select(i => (long)i).ToArray()).unsqueeze(0);
        var logits = fresh switch
        {
            CausalModel causal => causal.Forward(ids).select(1, -1),
            ScoringModel { Config.Head: HeadKind.Token } tokens => tokens.AllScores(ids).select(1, -1),
            _ => ((ScoringModel)fresh).Forward(ids),
        };
        Expect.Close("last logits", Expect.Values(logits), check.Numbers("last_logits"), check.Has("tolerance_abs") ? check.Number("tolerance_abs") : c.Family.Tolerance("last_logits_abs"));
    }

    private static TorchSharp.torch.nn.Module Open(GoldenCase c)
    {
        var folder = c.ModelFolder(c.Json.GetProperty("model").GetString()!);
        return DecoderConfig.Load(folder).Head == HeadKind.Language ? CheckpointReader.LoadCausal(folder, ScalarType.Float32) : CheckpointReader.LoadScoring(folder, ScalarType.Float32);
    }

    private static void Settings(string folder, string copy)
    {
        var (before, after) = (AdapterConfig.Load(folder), AdapterConfig.Load(copy));
        if (!JsonNode.DeepEquals(before.Json, after.Json))
        {
            throw new GoldenMismatchException($"adapter_config.json changed: {after.Json.ToJsonString()} from {before.Json.ToJsonString()}.");
        }

        Expect.Equal("unknown keys", before.Unknown.Count, 0);
    }

    /// <summary>What is trained has PEFT's names, up to the adapter's own name in the middle. A prompt's encoder is not in the file.</summary>
    private static void InMemory(GoldenCase c, string name, AdapterSet adapter)
    {
        string Plain(string key) => key.Replace($".modules_to_save.{name}", "", StringComparison.Ordinal).Replace($".{name}", "", StringComparison.Ordinal) is var k
            && k.EndsWith("lora_magnitude_vector.weight", StringComparison.Ordinal) ? k[..^".weight".Length] : k;
        var expected = c.Json.GetProperty("trainable_in_memory").GetProperty(name).EnumerateArray().Select(k => Plain(k.GetString()!))
            .Where(k => !k.StartsWith("prompt_encoder.", StringComparison.Ordinal) || k == "prompt_encoder.embedding.weight").Order(StringComparer.Ordinal);
        Expect.Equal<string>("trained", [.. adapter.Tensors.Select(t => t.Key).Order(StringComparer.Ordinal)], [.. expected]);
    }

    private static void Files(GoldenCase c, string copy)
    {
        var written = Directory.GetFiles(copy, "*.safetensors", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(copy, f)).Order(StringComparer.Ordinal);
        Expect.Equal<string>("files", [.. written], [.. c.Json.GetProperty("files").EnumerateObject().Select(f => f.Name).Order(StringComparer.Ordinal)]);
        foreach (var file in c.Json.GetProperty("files").EnumerateObject())
        {
            var path = Path.Combine(copy, file.Name);
            using var tensors = SafeTensorsFile.Open(path);
            Expect.Equal<string>(file.Name + " keys", [.. tensors.Entries.OrderBy(e => e.Value.Begin).Select(e => e.Key)], [.. file.Value.GetProperty("keys_in_file_order").EnumerateArray().Select(k => k.GetString()!)]);
            foreach (var m in file.Value.GetProperty("metadata").EnumerateObject())
            {
                Expect.Equal("metadata " + m.Name, tensors.Header.Metadata.GetValueOrDefault(m.Name) ?? "", m.Value.GetString()!);
            }

            foreach (var t in file.Value.GetProperty("tensors").EnumerateObject())
            {
                var entry = tensors.Entries[t.Name];
                Expect.Equal(t.Name + " dtype", SafeTensorsTypes.DTypeName(SafeTensorsTypes.ToScalarType(entry.DType)), t.Value.GetProperty("dtype").GetString()!);
                Expect.Equal<long>(t.Name + " shape", entry.Shape, [.. t.Value.Ints("shape").Select(s => (long)s)]);
                Expect.Equal(t.Name + " bytes", Convert.ToHexStringLower(SHA256.HashData(tensors.ReadBytes(t.Name))), t.Value.GetProperty("sha256").GetString()!);
            }
        }
    }

    /// <summary>Every key is known, and one that is left out means PEFT's default.</summary>
    private static void Defaults(GoldenCase c)
    {
        foreach (var method in c.Json.GetProperty("defaults").EnumerateObject())
        {
            var all = (JsonObject)JsonNode.Parse(method.Value.GetRawText())!;
            Expect.Equal(method.Name + " unknown keys", new AdapterConfig(all).Unknown.Count, 0);
            var (full, bare) = (Effective(method.Name, all), Effective(method.Name, new JsonObject { ["peft_type"] = method.Name }));
            Expect.Equal<string>(method.Name + " defaults", bare, full);
        }
    }

    // What an adapter with these settings is: shapes of its tensors and what it does to the model, from one seed.
    private static string[] Effective(string method, JsonObject settings)
    {
        // Without a number of virtual tokens a prompt is nothing; both sides get the same.
        if (settings.ContainsKey("num_virtual_tokens") || method is "PREFIX_TUNING" or "PROMPT_TUNING" or "P_TUNING")
        {
            settings["num_virtual_tokens"] = 3;
        }

        var tiny = DecoderConfig.Parse(new JsonObject
        {
            ["architectures"] = new JsonArray("LlamaForCausalLM"), ["model_type"] = "llama", ["vocab_size"] = 32, ["hidden_size"] = 16, ["intermediate_size"] = 24, ["num_hidden_layers"] = 2,
            ["num_attention_heads"] = 4, ["num_key_value_heads"] = 2, ["max_position_embeddings"] = 32, ["hidden_act"] = "silu", ["rms_norm_eps"] = 1e-6,
        }.ToJsonString());
        using var model = CausalModel.Create(tiny, 1, ScalarType.Float64);
        using var adapter = AdapterBuilder.Create(model, new(settings), 2);
        using var none = no_grad();
        foreach (var (_, value) in adapter.Tensors)
        {
            value.add_(0.01);
        }

        var answer = model.Forward(arange(1, 6, ScalarType.Int64).unsqueeze(0)).sum().ToDouble();
        return [.. adapter.Tensors.Select(t => $"{t.Key} [{string.Join(",", t.Value.shape)}]"), answer.ToString("R", System.Globalization.CultureInfo.InvariantCulture), (adapter.Regulariser()?.ToDouble() ?? 0).ToString("R", System.Globalization.CultureInfo.InvariantCulture)];
    }
}

using System.Security.Cryptography;
using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

/// <summary>F35: folders of every layout and what they compute, spellings of config.json, broken folders, hand-made safetensors files.</summary>
internal sealed class F35Checkpoints : IGoldenCheck
{
    public string Family => "F35";

    public void Check(GoldenCase c)
    {
        using var none = torch.no_grad();
        var (kind, check) = c.Json switch
        {
            var j when j.TryGetProperty("dirs", out _) => ("dirs", (Action<GoldenCase, JsonElement>)CheckFolder),
            var j when j.TryGetProperty("groups", out _) => ("groups", CheckSpellings),
            var j when j.TryGetProperty("cases", out var cases) && cases[0].TryGetProperty("library", out var l) && l.ValueKind == JsonValueKind.Object => ("cases", CheckBroken),
            var j => (j.EnumerateObject().First(p => p.Value.ValueKind == JsonValueKind.Array).Name, CheckSafeTensors),
        };
        foreach (var item in c.Json.GetProperty(kind).EnumerateArray())
        {
            using var scope = torch.NewDisposeScope();
            check(c, item);
        }
    }

    private static void CheckFolder(GoldenCase c, JsonElement item)
    {
        var name = item.GetProperty("dir").GetString()!;
        var folder = Path.Combine(c.Family.Folder, name);
        CheckTensors(folder, item);
        using var model = Load(folder, ScalarType.Float32);
        Expect.Equal($"{name} parameters", model.parameters().Sum(p => p.numel()), item.GetProperty("parameters_in_memory").GetInt64());
        var probe = $"probe.{Path.GetFileName(name)}.logits";
        Expect.Close(probe, Probe(model, c.Tensors.Tensor("in.input_ids")), c.Tensors, probe, c.Family.Tolerance("probe_abs"));
        CheckTies(name, model, item.GetProperty("tied"));
        CheckRoundTrip(folder, item);
    }

    private static void CheckTensors(string folder, JsonElement item)
    {
        using var files = CheckpointFiles.Open(folder);
        var expected = item.GetProperty("tensors").EnumerateArray().ToList();
        Expect.Equal<string>($"{folder} tensors", [.. files.Names.Order(StringComparer.Ordinal)], [.. expected.Select(t => t.GetProperty("name").GetString()!).Order(StringComparer.Ordinal)]);
        foreach (var t in expected)
        {
            var name = t.GetProperty("name").GetString()!;
            var file = files.Find(name)!;
            var entry = file.Entries[name];
            Expect.Equal($"{name} file", Path.GetFileName(file.Path), t.GetProperty("file").GetString());
            Expect.Equal($"{name} dtype", entry.DType, t.GetProperty("dtype").GetString());
            Expect.Equal<long>($"{name} shape", entry.Shape, [.. t.GetProperty("shape").EnumerateArray().Select(s => s.GetInt64())]);
            using var tensor = file.Read(name);
            Expect.Equal($"{name} sha256", Convert.ToHexStringLower(SHA256.HashData(tensor.bytes)), t.GetProperty("sha256").GetString());
        }
    }

    private static void CheckTies(string name, nn.Module model, JsonElement tied)
    {
        if (model is CausalModel causal)
        {
            var shared = tied.EnumerateObject().Any(p => p.Name == causal.Config.Names.LanguageHead + ".weight");
            Expect.Equal($"{name} tied", ReferenceEquals(causal.HeadWeight, causal.Body.EmbeddingWeight), shared);
        }
    }

    /// <summary>Saved as stored, the same tensors come back byte for byte, one file or sharded, and the folder loads to the same logits.</summary>
    private static void CheckRoundTrip(string folder, JsonElement item)
    {
        var target = Directory.CreateTempSubdirectory("f35").FullName;
        try
        {
            using var model = Load(folder, null);
            Save(model, target, new() { MaxShardBytes = item.GetProperty("files").GetArrayLength() > 4 ? 6000 : 5_000_000_000 });
            using var before = CheckpointFiles.Open(folder);
            using var after = CheckpointFiles.Open(target);
            foreach (var name in after.Names)
            {
                var stored = before.Find(name) is not null ? name : name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..];
                Expect.Equal($"{name} after saving", SafeTensorsFile.SameContents(after.Find(name)!, name, before.Find(stored) ?? throw new GoldenMismatchException($"{name} is new."), stored), true);
            }

            Expect.Equal("tensors after saving", after.Names.Count(), model.parameters().Count());
            using var again = Load(target, null);
            var ids = torch.tensor((long[])[1, 5, 7, 2]).view(1, 4);
            Expect.Equal("logits after saving", Probe(again, ids).bytes.SequenceEqual(Probe(model, ids).bytes), true);
        }
        finally
        {
            Directory.Delete(target, recursive: true);
        }
    }

    private static void CheckSpellings(GoldenCase c, JsonElement group)
    {
        var weights = Path.Combine(c.Family.Folder, group.GetProperty("weights_dir").GetString()!);
        byte[]? first = null;
        foreach (var file in group.GetProperty("files").EnumerateArray().Select(f => Path.Combine(c.Family.Folder, f.GetProperty("file").GetString()!)))
        {
            CheckResolved(file, DecoderConfig.Parse(File.ReadAllText(file), file), group.GetProperty("expected"));
            var folder = Directory.CreateTempSubdirectory("f35").FullName;
            try
            {
                File.Copy(file, Path.Combine(folder, "config.json"));
                foreach (var source in Directory.EnumerateFiles(weights, "model*.safetensors*"))
                {
                    File.Copy(source, Path.Combine(folder, Path.GetFileName(source)));
                }

                using var model = Load(folder, null);
                var logits = Probe(model, torch.tensor((long[])[1, 5, 7, 2, 9, 11, 3, 8, 4, 6, 12, 10, 1, 5, 7, 2, 9, 11, 3, 8]).view(1, 20)).bytes.ToArray();
                Expect.Equal($"{file}: logits equal those of the group's first spelling", logits.AsSpan().SequenceEqual(first ??= logits), true);
                CompareProbe(c, group.GetProperty("name").GetString()!, model);
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    /// <summary>Where the group has its own logits.</summary>
    private static void CompareProbe(GoldenCase c, string name, nn.Module model)
    {
        if (c.Tensors.Names.FirstOrDefault(n => n.EndsWith($"{name}.logits", StringComparison.Ordinal)) is { } probe && c.Tensors.Names.FirstOrDefault(n => n.EndsWith("input_ids", StringComparison.Ordinal)) is { } ids)
        {
            var narrow = ((CausalModel)model).DType != ScalarType.Float32;
            Expect.Close(probe, Probe(model, c.Tensors.Tensor(ids)), c.Tensors, probe, c.Family.Tolerance(narrow ? "bf16_probe_abs" : "probe_abs"));
        }
    }

    private static void CheckResolved(string file, DecoderConfig config, JsonElement expected)
    {
        foreach (var p in expected.EnumerateObject())
        {
            object? actual = p.Name switch
            {
                "model_type" => config.Family,
                "vocab_size" => config.VocabularySize,
                "hidden_size" or "n_embd" => config.Width,
                "intermediate_size" => config.MlpWidth,
                "n_inner" => p.Value.ValueKind == JsonValueKind.Null ? null : config.MlpWidth,
                "num_hidden_layers" or "n_layer" => config.LayerCount,
                "num_attention_heads" or "n_head" => config.HeadCount,
                "num_key_value_heads" => config.KeyValueHeadCount,
                "head_dim" => config.HeadSize,
                "max_position_embeddings" or "n_positions" => config.MaxPositions,
                "rms_norm_eps" or "layer_norm_epsilon" => config.NormEpsilon,
                "hidden_act" or "hidden_activation" or "activation_function" => config.Activation,
                "tie_word_embeddings" => config.TiedEmbedding,
                "mlp_bias" => config.MlpBias,
                "attention_bias" => config.OutputBias,
                "bos_token_id" => config.BosTokenId,
                "pad_token_id" => config.PadTokenId,
                "dtype" => config.DType ?? "float32",
                "rope_parameters" => CheckRope(file, config, p.Value),
                "eos_token_id" => p.Value.ValueKind == JsonValueKind.Array ? JsonSerializer.Serialize(config.EosTokenIds) : config.EosTokenIds.Count == 0 ? null : config.EosTokenIds[0],
                "sliding_window" => p.Value.ValueKind == JsonValueKind.Null || expected.TryGetProperty("use_sliding_window", out var use) && !use.GetBoolean() ? Raw(p.Value) : config.SlidingWindow,
                "use_sliding_window" => config.SlidingWindow is not null,
                // Read only to fill in layer_types, which is compared itself.
                "max_window_layers" => Raw(p.Value),
                "layer_types" => CheckLayerTypes(file, config, p.Value),
                _ => throw new UnsupportedCaseException($"expected key {p.Name}"),
            };
            Expect.Equal($"{file} {p.Name}", Show(actual), Show(Raw(p.Value)));
        }
    }

    private static object? CheckRope(string file, DecoderConfig config, JsonElement expected)
    {
        var rope = config.Rope!;
        foreach (var p in expected.EnumerateObject())
        {
            object actual = p.Name switch
            {
                "rope_type" => rope.Type,
                "rope_theta" => rope.Theta,
                "factor" => rope.Factor,
                "low_freq_factor" => rope.LowFrequencyFactor,
                "high_freq_factor" => rope.HighFrequencyFactor,
                "original_max_position_embeddings" => rope.OriginalMaxPositions,
                "beta_fast" => rope.BetaFast,
                "beta_slow" => rope.BetaSlow,
                "attention_factor" => rope.AttentionFactor ?? 0,
                _ => throw new UnsupportedCaseException($"rope key {p.Name}"),
            };
            Expect.Equal($"{file} {p.Name}", Show(actual), Show(Raw(p.Value)));
        }

        return expected.GetRawText();
    }

    private static object? CheckLayerTypes(string file, DecoderConfig config, JsonElement expected)
    {
        var types = expected.EnumerateArray().Select(t => t.GetString()!).ToList();
        Expect.Equal<string>($"{file} layer_types", [.. Enumerable.Range(0, config.LayerCount).Select(i => config.IsWindowed(i) ? "sliding_attention" : "full_attention")], types);
        return expected.GetRawText();
    }

    private static object? Raw(JsonElement v) => v.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String => v.GetString(),
        JsonValueKind.Number => v.GetDouble(),
        JsonValueKind.True or JsonValueKind.False => v.GetBoolean(),
        _ => v.GetRawText(),
    };

    private static string Show(object? value) => value switch
    {
        null => "null",
        string s => s,
        bool b => b ? "true" : "false",
        IConvertible n => n.ToDouble(null).ToString("R", System.Globalization.CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    private static void CheckBroken(GoldenCase c, JsonElement item)
    {
        var folder = Path.Combine(c.Family.Folder, item.GetProperty("dir").GetString()!);
        string message;
        try
        {
            using var model = CheckpointReader.LoadCausal(folder, ScalarType.Float32);
            throw new GoldenMismatchException($"{item.GetProperty("dir")} was loaded although {item.GetProperty("description")}.");
        }
        catch (Exception e) when (e is CheckpointException or ArchitectureException or SafeTensorsException)
        {
            message = e.Message;
        }

        var library = item.GetProperty("library");
        foreach (var key in new[] { "missing_keys", "unexpected_keys", "mismatched_keys" }.Where(k => library.TryGetProperty(k, out _)).SelectMany(k => library.GetProperty(k).EnumerateArray()))
        {
            if (!message.Contains(key.ValueKind == JsonValueKind.String ? key.GetString()! : key[0].GetString()!, StringComparison.Ordinal))
            {
                throw new GoldenMismatchException($"{item.GetProperty("dir")}: the message does not name {key}: {message}");
            }
        }
    }

    private static void CheckSafeTensors(GoldenCase c, JsonElement item)
    {
        var path = Path.Combine(c.Family.Folder, item.GetProperty("file").GetString()!);
        var accepted = item.GetProperty("library").GetString() == "accepted" && !item.TryGetProperty("format_forbids", out _);
        try
        {
            using var file = SafeTensorsFile.Open(path);
            Expect.Equal($"{path} accepted", true, accepted);
            var tensors = item.GetProperty("tensors").EnumerateArray().ToList();
            Expect.Equal($"{path} tensors", file.Entries.Count, tensors.Count);
            foreach (var t in tensors)
            {
                var name = t.GetProperty("name").GetString()!;
                Expect.Equal($"{name} dtype", file.Entries[name].DType, t.GetProperty("dtype").GetString());
                Expect.Equal<long>($"{name} shape", file.Entries[name].Shape, [.. t.GetProperty("shape").EnumerateArray().Select(s => s.GetInt64())]);
                Expect.Equal($"{name} bytes", Convert.ToHexStringLower(file.ReadBytes(name)), t.GetProperty("bytes_hex").GetString());
            }

            foreach (var m in item.GetProperty("metadata").EnumerateObject())
            {
                Expect.Equal($"metadata {m.Name}", file.Header.Metadata[m.Name], m.Value.GetString());
            }
        }
        catch (SafeTensorsException e)
        {
            Expect.Equal($"{path} accepted ({e.Message})", false, accepted);
        }
    }

    private static nn.Module Load(string folder, ScalarType? dtype) =>
        DecoderConfig.Load(folder).Head == HeadKind.Language ? CheckpointReader.LoadCausal(folder, dtype) : CheckpointReader.LoadScoring(folder, dtype);

    private static void Save(nn.Module model, string folder, SaveOptions options)
    {
        if (model is CausalModel causal)
        {
            CheckpointWriter.Save(causal, folder, options);
        }
        else
        {
            CheckpointWriter.Save((ScoringModel)model, folder, options);
        }
    }

    /// <summary>Logits; for sequence heads the scores at the last token, for token heads those of every token.</summary>
    private static Tensor Probe(nn.Module model, Tensor ids) => model switch
    {
        CausalModel causal => causal.Forward(ids),
        ScoringModel { Config.Head: HeadKind.Sequence } scoring => scoring.AllScores(ids)[.., -1],
        ScoringModel scoring => scoring.AllScores(ids),
        _ => throw new ArgumentException("unknown model", nameof(model)),
    };
}

using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Alignment.ModelCore.Checkpointing;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Tests.Checkpointing;

/// <summary>Loading needs the weights and a tenth more, never two copies: measured as the process's peak resident memory.</summary>
[Collection(nameof(LoadMemoryTests))]
[CollectionDefinition(nameof(LoadMemoryTests), DisableParallelization = true)]
public sealed class LoadMemoryTests : IDisposable
{
    private const int Vocabulary = 40_000;
    private const int Width = 640;
    private readonly string folder = Directory.CreateTempSubdirectory("memory").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("F32", null)]
    [InlineData("BF16", ScalarType.Float32)]
    [InlineData("F32", ScalarType.BFloat16)]
    public void LoadCausal_LargeTensors_PeakIsTheWeightsAndATenth(string stored, ScalarType? wanted)
    {
        Assert.SkipUnless(File.Exists("/proc/self/clear_refs"), "the peak of resident memory is read from Linux");
        Write(stored);
        GC.Collect();
        File.WriteAllText("/proc/self/clear_refs", "5");
        var before = Memory("VmRSS");
        using var scope = torch.NewDisposeScope();
        using var model = CheckpointReader.LoadCausal(folder, wanted);
        var weights = model.parameters().Sum(p => p.numel() * p.ElementSize);
        var peak = Memory("VmHWM") - before;
        Assert.True(peak >= weights * 0.9, $"measured {peak >> 20} MiB for {weights >> 20} MiB of weights: this test measures nothing");
        Assert.True(peak <= weights * 1.1, $"peak {peak >> 20} MiB for {weights >> 20} MiB of weights");
    }

    // Two matrices of a hundred million bytes; the file is sparse, so writing it costs nothing.
    private void Write(string dtype)
    {
        var size = dtype == "F32" ? 4 : 2;
        var shapes = new List<(string Name, long[] Shape)> { ("model.embed_tokens.weight", [Vocabulary, Width]), ("lm_head.weight", [Vocabulary, Width]), ("model.norm.weight", [Width]) };
        foreach (var (name, shape) in new (string, long[])[]
        {
            ("self_attn.q_proj", [Width, Width]), ("self_attn.k_proj", [Width, Width]), ("self_attn.v_proj", [Width, Width]), ("self_attn.o_proj", [Width, Width]),
            ("mlp.gate_proj", [64, Width]), ("mlp.up_proj", [64, Width]), ("mlp.down_proj", [Width, 64]), ("input_layernorm", [Width]), ("post_attention_layernorm", [Width]),
        })
        {
            shapes.Add(($"model.layers.0.{name}.weight", shape));
        }

        var header = new JsonObject();
        var at = 0L;
        foreach (var (name, shape) in shapes)
        {
            var end = at + (shape.Aggregate(1L, (a, b) => a * b) * size);
            header[name] = new JsonObject { ["dtype"] = dtype, ["shape"] = new JsonArray([.. shape.Select(s => (JsonNode)s)]), ["data_offsets"] = new JsonArray(at, end) };
            at = end;
        }

        var text = Encoding.UTF8.GetBytes(header.ToJsonString());
        using var file = File.Create(Path.Combine(folder, "model.safetensors"));
        file.Write(BitConverter.GetBytes((ulong)text.Length));
        file.Write(text);
        file.SetLength(8 + text.Length + at);
        File.WriteAllText(Path.Combine(folder, "config.json"), $$"""
            {"architectures":["LlamaForCausalLM"],"model_type":"llama","vocab_size":{{Vocabulary}},"hidden_size":{{Width}},"intermediate_size":64,"num_hidden_layers":1,"num_attention_heads":8,"num_key_value_heads":8,"tie_word_embeddings":false}
            """);
    }

    private static long Memory(string name) => File.ReadLines("/proc/self/status").Where(l => l.StartsWith(name + ":", StringComparison.Ordinal))
        .Select(l => 1024 * long.Parse(l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)).Single();
}

using System.Globalization;
using System.Text.Json.Nodes;
using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Native;
using Alignment.Suite.Commands.Bench.Methods;
using static TorchSharp.torch;

namespace Alignment.Suite.Commands.Bench.Peft;

/// <summary>One number that a limit is set for.</summary>
/// <param name="Limit">At least this, or at most where <paramref name="Most"/>.</param>
internal sealed record SpeedRow(string What, double Value, double Limit, bool Most, string Unit)
{
    public bool Passed => Most ? Value <= Limit : Value >= Limit;
}

/// <summary>Speed and memory of the parameter-efficient methods against full training, each a ratio within this run.</summary>
internal sealed class PeftSpeed : IPeftMeasurement
{
    public string Name => "speed";

    public int Order => 10;

    public (object Numbers, bool Passed) Measure(PeftTask task, IReadOnlyList<string>? only, Action<string> say, CancellationToken cancellation)
    {
        if (only is not null)
        {
            return (Array.Empty<SpeedRow>(), true);
        }

        return Measure(task, say, cancellation);
    }

    internal static (IReadOnlyList<SpeedRow> Numbers, bool Passed) Measure(PeftTask task, Action<string> say, CancellationToken cancellation)
    {
        TorchRuntime.EnsureLoaded();
        set_num_threads(1);
        var rows = new List<SpeedRow>();
        void Add(SpeedRow row)
        {
            rows.Add(row);
            say($"  {row.What}: {Text(row.Value, row.Unit)}");
        }

        say("bytes of a quantised base");
        Add(QuantisedBase.Measure(task.Quick));
        say("4-bit products against bfloat16");
        QuantisedProducts.Measure(task.Quick).ToList().ForEach(Add);
        say("a LoRA step against a full step");
        var model = Path.Combine(task.Work, "mid");
        Make(model);
        var lora = Speed(task, model, "lora", ["tuning.method=lora"], cancellation);
        Add(new("LoRA step, tokens/s over a full step's", lora / Speed(task, model, "full-step", [], cancellation), 1.4, false, "×"));
        // Both sides learn from as many tokens in a step: eight rows of 256 hold 28 of the sample's texts.
        say("packing against padding");
        var packed = Speed(task, Path.Combine(BenchPaths.Sample, "base"), "packed", ["packing=bfd", "max_length=256", "batch_size=8"], cancellation);
        Add(new("packed rows, tokens/s over padded rows'", packed / Speed(task, Path.Combine(BenchPaths.Sample, "base"), "padded", ["length_pool=1", "batch_size=28"], cancellation), 2, false, "×"));
        BenchTable.Print([["speed and memory", "value", "limit", "met"], .. rows.Select(r => (IReadOnlyList<string>)[r.What, Text(r.Value, r.Unit), (r.Most ? "≤ " : "≥ ") + Text(r.Limit, r.Unit), r.Passed ? "yes" : "no"])]);
        return (rows, task.Quick || rows.TrueForAll(r => r.Passed));
    }

    private static string Text(double value, string unit) => string.Create(CultureInfo.InvariantCulture, $"{value:0.00} {unit}");

    /// <summary>Median of the run's own tokens per second, padding not counted.</summary>
    private static double Speed(PeftTask task, string model, string name, IEnumerable<string> settings, CancellationToken cancellation)
    {
        var output = Path.Combine(task.Work, "speed", name);
        if (Directory.Exists(output))
        {
            Directory.Delete(output, recursive: true);
        }

        PeftTask.Train(output, cancellation, [$"model={model}", $"data={Path.Combine(BenchPaths.Sample, "sft.jsonl")}", "threads=1", "seed=1", "max_length=256", "batch_size=16", "save_every=0", "log_every=1000000", $"max_steps={(task.Quick ? 6 : 24)}", .. settings]);
        var speeds = File.ReadLines(Path.Combine(output, "metrics.jsonl")).Select(l => JsonNode.Parse(l)!.AsObject()).Where(o => o.ContainsKey("tokens_per_second")).Skip(1).Select(o => o["tokens_per_second"]!.GetValue<double>()).Order().ToList();
        return speeds[speeds.Count / 2];
    }

    /// <summary>26 M parameters, most of them in linear layers, with the sample's tokenizer.</summary>
    private static void Make(string folder)
    {
        using var scope = NewDisposeScope();
        using var model = CausalModel.Create(Shapes.Llama(width: 512, mlp: 1408, layers: 8), 1);
        CheckpointWriter.Save(model, folder, new() { CopyFilesFrom = Path.Combine(BenchPaths.Sample, "base") });
    }
}

/// <summary>Random models to measure on.</summary>
internal static class Shapes
{
    public static DecoderConfig Llama(int width, int mlp, int layers) => DecoderConfig.Parse(string.Create(CultureInfo.InvariantCulture, $$"""
        {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": 1024, "hidden_size": {{width}}, "intermediate_size": {{mlp}}, "num_hidden_layers": {{layers}},
         "num_attention_heads": 8, "num_key_value_heads": 8, "max_position_embeddings": 512, "tie_word_embeddings": true, "pad_token_id": 0}
        """));
}

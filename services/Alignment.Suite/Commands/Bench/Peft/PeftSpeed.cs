using System.Globalization;
using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Native;
using Alignment.Suite.Commands.Bench.Methods;
using Alignment.SupervisedFineTuning.Recipes;
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
        var pace = new TrainingPace(Base, Path.Combine(BenchPaths.Sample, "sft.jsonl"), task.Quick ? 1 : 2, cancellation);
        say("a LoRA step against a full step");
        Add(new("LoRA step, tokens/s over a full step's", pace.Ratio(() => Wide(task.Quick), Options(task.Quick, "lora"), Options(task.Quick, "full")), 1.4, false, "×"));

        // Both sides learn from as many tokens in a step: eight rows of 256 hold 28 of the sample's texts.
        say("packing against padding");
        var steps = task.Quick ? 8 : 30;
        var (packed, padded) = (Sft("bfd", 8, 16, steps), Sft("none", 28, 1, steps));
        Add(new("packed rows, tokens/s over padded rows'", pace.Ratio(() => CheckpointReader.LoadCausal(Base, ScalarType.Float32), packed, padded), 2, false, "×"));
        BenchTable.Print([["speed and memory", "value", "limit", "met"], .. rows.Select(r => (IReadOnlyList<string>)[r.What, Text(r.Value, r.Unit), (r.Most ? "≤ " : "≥ ") + Text(r.Limit, r.Unit), r.Passed ? "yes" : "no"])]);
        return (rows, task.Quick || rows.TrueForAll(r => r.Passed));
    }

    private static string Text(double value, string unit) => string.Create(CultureInfo.InvariantCulture, $"{value:0.00} {unit}");

    private static string Base => Path.Combine(BenchPaths.Sample, "base");

    private static SftOptions Options(bool quick, string method) => new()
    {
        Model = Base, Seed = 1, MaxLength = 256, BatchSize = 16, SaveEvery = 0, LogEvery = 1_000_000, MaxSteps = quick ? 4 : 8, Tuning = new() { Method = method },
    };

    private static SftOptions Sft(string packing, int batch, int pool, int steps) => new()
    {
        Model = Base, Seed = 1, MaxLength = 256, BatchSize = batch, LengthPool = pool, Packing = packing, SaveEvery = 0, LogEvery = 1_000_000, MaxSteps = steps,
    };

    /// <summary>
    /// Layers as wide as those of the smallest models that owners tune (Qwen2.5-0.5B: 896, Qwen3-0.6B: 1024), with the default adapter: rank 16 on every
    /// linear layer. The share of the thin matrices falls with the width and does not depend on the number of layers: four say what twenty-eight would.
    /// </summary>
    private static CausalModel Wide(bool quick) => CausalModel.Create(quick ? Shapes.Llama(width: 512, mlp: 1408, layers: 2) : Shapes.Llama(width: 1024, mlp: 2816, layers: 4), 1);
}

/// <summary>Random models to measure on.</summary>
internal static class Shapes
{
    public static DecoderConfig Llama(int width, int mlp, int layers) => DecoderConfig.Parse(string.Create(CultureInfo.InvariantCulture, $$"""
        {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": 1024, "hidden_size": {{width}}, "intermediate_size": {{mlp}}, "num_hidden_layers": {{layers}},
         "num_attention_heads": 8, "num_key_value_heads": 8, "max_position_embeddings": 512, "tie_word_embeddings": true, "pad_token_id": 0}
        """));
}

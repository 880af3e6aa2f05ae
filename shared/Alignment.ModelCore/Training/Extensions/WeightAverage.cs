using System.Globalization;
using System.Text.Json.Nodes;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Merging;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Training.Extensions;

/// <summary>
/// After training, weights = start ∘ trained at <c>average_alpha</c>; other values of alpha are measured besides where asked. A LoRA delta B·A
/// is scaled in B alone, which starts at zero, so that the merged weights lie on the straight line.
/// </summary>
internal sealed class WeightAverage(StartingWeights weights, RegularisationOptions options, GeneralTasks? tasks, long seed) : IRunExtension
{
    private readonly JsonArray sweep = [];
    private bool done;

    public string Name => "average";

    public JsonObject? Record => !done ? null : new()
    {
        ["average"] = new JsonObject { ["method"] = options.Average, ["alpha"] = options.AverageAlpha, ["sweep"] = sweep.DeepClone() },
    };

    public void Start(IMetricsSink sink) => weights.Keep();

    public void Finish(int step, IMetricsSink sink)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        var trained = weights.Trainable.Select(t => t.Value.detach().clone()).ToList();
        foreach (var alpha in options.AverageSweep)
        {
            Set(trained, alpha);
            Measure(step, alpha, sink);
        }

        Set(trained, options.AverageAlpha);
        done = true;
        sink.Event(new(step, "averaged", string.Create(CultureInfo.InvariantCulture, $"weights averaged with the starting checkpoint: {options.Average}, alpha {options.AverageAlpha}")));
    }

    public void Dispose()
    {
        weights.Dispose();
        tasks?.Dispose();
    }

    private void Measure(int step, double alpha, IMetricsSink sink)
    {
        var row = new JsonObject { ["alpha"] = alpha };
        var values = new Dictionary<string, double>(StringComparer.Ordinal) { ["alpha"] = alpha };
        if (tasks?.Measure() is { } m)
        {
            for (var i = 0; i < tasks.Names.Count; i++)
            {
                row[tasks.Names[i]] = values[tasks.Names[i]] = m.Scores[i];
            }

            if (m.Losses.Count > 0)
            {
                row["perplexity"] = values["perplexity"] = Math.Exp(m.Losses.Average());
            }
        }

        sweep.Add((JsonNode)row);
        sink.Event(new(step, "average_sweep", string.Join(", ", values.Select(v => string.Create(CultureInfo.InvariantCulture, $"{v.Key} {v.Value:0.###}")))) { Values = values });
    }

    private void Set(List<Tensor> trained, double alpha)
    {
        // A generator of its own: what the sweep draws must not change what the chosen alpha draws.
        using var generator = new Generator((ulong)seed);
        for (var i = 0; i < trained.Count; i++)
        {
            using var scope = NewDisposeScope();
            var (name, value) = weights.Trainable[i];
            value.copy_(IsFactor(name) ? trained[i] : Mix(weights.Values[i], trained[i], alpha, generator));
        }
    }

    private static bool IsFactor(string name) => name.Contains("lora_A", StringComparison.Ordinal) || name.Contains("lora_embedding_A", StringComparison.Ordinal);

    private Tensor Mix(Tensor start, Tensor trained, double alpha, Generator generator) => options.Average switch
    {
        "linear" => WeightMerging.Linear(start, trained, alpha),
        "slerp" => WeightMerging.Slerp(start, trained, alpha),
        "ties" => TiesMerging.Merge(start, [trained], [1], options.AverageDensity, alpha, TiesSign.Total, TiesDialect.Peft),
        _ => DareMerging.Linear(start, [DareMerging.Drop(trained.sub(start), DareMerging.Mask(start, options.AverageDensity, generator), options.AverageDensity)], [1], alpha),
    };
}

using System.Globalization;
using System.Text.Json.Nodes;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Merging;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Training.Extensions;

/// <summary>
/// After training, weights = start ∘ trained at <c>average_alpha</c>; other values of alpha are measured besides where asked. A LoRA delta B·A
/// is scaled in B alone, which starts at zero, so that the merged weights lie on the straight line. Other averages than the straight line are taken
/// weight by weight between the base and what the adapter makes of it, and the result has no adapter any more.
/// </summary>
/// <param name="folded">The weights to average where an adapter is folded in; null: the trainable parameters themselves.</param>
internal sealed class WeightAverage(StartingWeights weights, RegularisationOptions options, GeneralTasks? tasks, long seed, Func<IReadOnlyList<(Tensor Target, Tensor Start, Tensor Trained)>>? folded = null) : IRunExtension
{
    private readonly JsonArray sweep = [];
    private bool done;

    public string Name => "average";

    public JsonObject? Record => !done ? null : new()
    {
        ["average"] = new JsonObject { ["method"] = options.Average, ["alpha"] = options.AverageAlpha, ["sweep"] = sweep.DeepClone() },
    };

    public void Start(IMetricsSink sink)
    {
        if (folded is null)
        {
            weights.Keep();
        }
    }

    public void Finish(int step, IMetricsSink sink)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        var sides = folded?.Invoke() ?? [.. weights.Trainable.Select((t, i) => Sides(t.Name, t.Value, weights.Values[i]))];
        foreach (var alpha in options.AverageSweep)
        {
            Set(sides, alpha);
            Measure(step, alpha, sink);
        }

        Set(sides, options.AverageAlpha);
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

    private static (Tensor, Tensor, Tensor) Sides(string name, Tensor value, Tensor start)
    {
        var trained = value.detach().clone();
        return (value, IsFactor(name) ? trained : start, trained);
    }

    private void Set(IReadOnlyList<(Tensor Target, Tensor Start, Tensor Trained)> sides, double alpha)
    {
        // A generator of its own: what the sweep draws must not change what the chosen alpha draws.
        using var generator = new Generator((ulong)seed);
        foreach (var (target, start, trained) in sides)
        {
            using var scope = NewDisposeScope();
            target.copy_(ReferenceEquals(start, trained) ? trained : Mix(start, trained, alpha, generator));
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

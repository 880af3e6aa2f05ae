using System.Globalization;
using System.Text.Json.Nodes;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Diagnostics;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Training.Extensions;

/// <summary>Measures on held-out rows while a run trains, stops it when there is no more progress, and brings the best weights back.</summary>
internal sealed class HeldOutEvaluation(HeldOut held, EvaluationOptions options, IReadOnlyList<(string Name, Tensor Value)> trainable, string folder) : IRunExtension
{
    private readonly Progress progress = new(options.LowerIsBetter, options.MinDelta);
    private double? observed;
    private int bestStep;
    private bool restored;

    public string Name => "evaluation";

    public string DataDigest => held.DataDigest;

    public bool Stops => options.Patience > 0 && progress.Stale >= options.Patience;

    public double? Observed
    {
        get
        {
            var value = observed;
            observed = null;
            return value;
        }
    }

    public JsonObject? Record => bestStep == 0 ? null : new()
    {
        ["evaluation"] = new JsonObject { ["metric"] = options.Metric, ["best"] = progress.Best, ["best_step"] = bestStep, ["stopped_early"] = Stops, ["kept"] = restored ? "best" : "last" },
    };

    private string File => Path.Combine(folder, "best.safetensors");

    public void After(int step, int total, IDictionary<string, double> values, IMetricsSink sink)
    {
        if (!IsDue(step, total, values["epoch"]))
        {
            return;
        }

        var measured = held.Measure();
        foreach (var (name, value) in measured)
        {
            values[name] = value;
        }

        if (!measured.TryGetValue(options.Metric, out var metric))
        {
            throw new OptionsException([$"evaluation.metric: '{options.Metric}' is not measured; there are {string.Join(", ", measured.Keys)}{NearestName.Hint(options.Metric, measured.Keys)}."]);
        }

        observed = metric;
        if (progress.Observe(metric))
        {
            bestStep = step;
            if (options.KeepBest)
            {
                Directory.CreateDirectory(folder);
                SafeTensorsWriter.Write(File, trainable);
            }
        }

        if (Stops)
        {
            sink.Event(new(step, "stopped_early", string.Create(CultureInfo.InvariantCulture, $"{options.Metric} made no progress in {progress.Stale} evaluations; best was {progress.Best:0.#####} at step {bestStep}"))
            {
                Values = new Dictionary<string, double> { ["best"] = progress.Best, ["best_step"] = bestStep },
            });
        }
    }

    public void Finish(int step, IMetricsSink sink)
    {
        if (!options.KeepBest || bestStep == 0 || bestStep == step)
        {
            return;
        }

        using (var file = SafeTensorsFile.Open(File))
        {
            using var none = no_grad();
            foreach (var (name, value) in trainable)
            {
                file.ReadInto(name, value);
            }
        }

        restored = true;
        sink.Event(new(step, "best_kept", string.Create(CultureInfo.InvariantCulture, $"weights of step {bestStep} are kept: {options.Metric} {progress.Best:0.#####}")));
    }

    public JsonObject Save() => new()
    {
        ["best"] = progress.Best.ToString("R", CultureInfo.InvariantCulture), ["stale"] = progress.Stale, ["best_step"] = bestStep,
    };

    public void Restore(JsonObject state)
    {
        progress.Restore(double.Parse(state["best"]!.GetValue<string>(), CultureInfo.InvariantCulture), state["stale"]!.GetValue<int>());
        bestStep = state["best_step"]!.GetValue<int>();
    }

    public void Dispose()
    {
    }

    public int Evaluations(int total, int stepsPerEpoch) => Enumerable.Range(1, total).Count(s => IsDue(s, total, (double)s / stepsPerEpoch));

    private bool IsDue(int step, int total, double epoch) => step == total
        || (options.Every > 0 ? step % options.Every == 0 : Math.Abs(epoch - Math.Round(epoch)) < 1e-9);
}

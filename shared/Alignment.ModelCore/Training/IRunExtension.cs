using System.Text.Json.Nodes;
using Alignment.ModelCore.Diagnostics;

namespace Alignment.ModelCore.Training;

/// <summary>
/// Something that goes along with a run beside its recipe's loss: a penalty, an evaluation, a measurement before and after. Given in
/// <see cref="RunInputs.Extensions"/>; recipes do not know which. What it decides must follow from weights, step and its own saved
/// state alone, so that a resumed run equals the uninterrupted one.
/// </summary>
public interface IRunExtension : IDisposable
{
    /// <summary>Unique in a run: key of its state.</summary>
    string Name { get; }

    /// <summary>Identifies the data it brings; empty: none. A resumed run must see the same.</summary>
    string DataDigest => "";

    /// <summary>True ends the run after the step in hand.</summary>
    bool Stops => false;

    /// <summary>The metric that a schedule may follow, once there is a new value since the last call; else null.</summary>
    double? Observed => null;

    /// <summary>Once, with the weights as they start, also when the run is resumed right after.</summary>
    void Start(IMetricsSink sink)
    {
    }

    /// <summary>Adds its gradient to the trainable parameters' before they are clipped, and returns the value that it adds to the loss.</summary>
    /// <param name="ownRows">Rows of the step in hand.</param>
    double AddGradient(int ownRows, StepMeans metrics) => 0;

    /// <summary>After each step; what it puts into <paramref name="values"/> is reported with the step.</summary>
    void After(int step, int total, IDictionary<string, double> values, IMetricsSink sink)
    {
    }

    /// <summary>In how many steps of a run <see cref="After"/> measures, which takes time.</summary>
    /// <param name="stepsPerEpoch">Steps in which all rows are seen once.</param>
    int Evaluations(int total, int stepsPerEpoch) => 0;

    /// <summary>Once when the run is over, before the checkpoint is written; may change the weights.</summary>
    void Finish(int step, IMetricsSink sink)
    {
    }

    /// <summary>What <c>training.json</c> says under these keys; null: nothing.</summary>
    JsonObject? Record => null;

    /// <summary>What a resumed run needs; null: nothing.</summary>
    JsonObject? Save() => null;

    void Restore(JsonObject state)
    {
    }
}

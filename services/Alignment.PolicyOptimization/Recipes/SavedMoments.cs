using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Training;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Recipes;

/// <summary>Running moments that live in a tensor, so that a run's state holds them.</summary>
public sealed class SavedMoments : IDisposable
{
    private readonly Tensor values;

    public SavedMoments(string name)
    {
        values = tensor(Row(new())).DetachFromDisposeScope();
        Saved = (name, values);
    }

    /// <summary>Name and value for the run's state: mean, variance, standard deviation, count.</summary>
    public (string Name, Tensor Value) Saved { get; }

    /// <summary>Takes these values in and returns the mean with them. A batch with a number that is not finite leaves no trace, like the step that is then dropped.</summary>
    public double Add(double[] batch)
    {
        using var scope = NewDisposeScope();
        var now = values.ToDoubles();
        var moments = new RunningMoments(now[0], now[1], now[2], now[3]);
        if (batch.All(double.IsFinite))
        {
            moments = moments.Add(batch);
            values.copy_(tensor(Row(moments)));
        }

        return moments.Mean;
    }

    public void Dispose() => values.Dispose();

    private static double[] Row(RunningMoments m) => [m.Mean, m.Variance, m.StandardDeviation, m.Count];
}

using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Training;
using TorchSharp;

namespace Alignment.PolicyOptimization.Recipes.Ppo;

/// <summary>What changes during a run besides weights and is saved with them: the KL coefficient, the episodes, the scores' running moments.</summary>
public sealed class PpoState(PpoOptions options) : IDisposable
{
    private static readonly RunningMoments Fresh = new();
    private readonly NumberCell cell = new("online.ppo", options.KlCoefficient, 0, Fresh.Mean, Fresh.Variance, Fresh.StandardDeviation, Fresh.Count);

    /// <summary>For the saved state.</summary>
    public IReadOnlyList<(string Name, torch.Tensor Value)> Companions => [cell.State];

    public double KlCoefficient => cell.Values[0] * Scale;

    /// <summary>What the run's guards made of the coefficient.</summary>
    public double Scale { get; set; } = 1;

    /// <summary>Responses sampled so far.</summary>
    public double Episodes => cell.Values[1];

    public RunningMoments Scores => cell.Values is var v ? new(v[2], v[3], v[4], v[5]) : Fresh;

    /// <summary>Takes in a batch's raw scores.</summary>
    public void Saw(double[] scores)
    {
        var m = Scores.Add(scores);
        cell.Values = [cell.Values[0], Episodes + scores.Length, m.Mean, m.Variance, m.StandardDeviation, m.Count];
    }

    /// <summary>Steers the coefficient by a batch's mean sequence KL.</summary>
    public void Steer(double kl, int samples)
    {
        var v = cell.Values;
        v[0] = new KlController(v[0], options.KlTarget > 0 ? options.KlTarget : null, options.KlHorizon).After(kl, samples).Coefficient;
        cell.Values = v;
    }

    public void Dispose() => cell.Dispose();
}

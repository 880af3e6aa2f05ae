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

    /// <summary>The moments with a batch's raw scores in them; <see cref="Take"/> keeps them.</summary>
    public RunningMoments With(double[] scores) => Scores.Add(scores);

    /// <summary>Takes in a batch when its updates are done: scores, episodes, and the coefficient steered by its mean sequence KL.</summary>
    public void Take(double[] scores, double kl)
    {
        var m = With(scores);
        var coefficient = new KlController(cell.Values[0], options.KlTarget > 0 ? options.KlTarget : null, options.KlHorizon).After(kl, scores.Length).Coefficient;
        cell.Values = [coefficient, Episodes + scores.Length, m.Mean, m.Variance, m.StandardDeviation, m.Count];
    }

    public void Dispose() => cell.Dispose();
}

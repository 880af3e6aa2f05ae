using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Forgetting;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Training.Extensions;

/// <summary>L2-SP as an extension of a run: parameters of the starting checkpoint are held near it, added ones near zero.</summary>
internal sealed class L2SpPenalty(StartingWeights weights, double alpha, double beta) : IRunExtension
{
    public string Name => "l2_sp";

    public void Start(IMetricsSink sink) => weights.Keep();

    public double AddGradient(int ownRows, StepMeans metrics)
    {
        var sum = 0.0;
        for (var i = 0; i < weights.Trainable.Count; i++)
        {
            // One parameter at a time, so that no more than one is held twice.
            using var scope = NewDisposeScope();
            var p = weights.Trainable[i].Value;
            if (weights.IsNew(i) ? beta == 0 : alpha == 0)
            {
                continue;
            }

            var term = weights.IsNew(i) ? QuadraticPenalties.L2Sp([], [], [p], alpha, beta) : QuadraticPenalties.L2Sp([p], [weights.Values[i]], [], alpha, beta);
            term.backward();
            sum += term.ToDouble();
        }

        metrics.Add("regularisation/l2_sp", sum);
        return sum;
    }

    public void Dispose() => weights.Dispose();
}

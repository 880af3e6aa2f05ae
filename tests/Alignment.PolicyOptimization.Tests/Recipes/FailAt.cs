using Alignment.ModelCore.Diagnostics;

namespace Alignment.PolicyOptimization.Tests.Recipes;

/// <summary>Ends a run after a step as a kill would, after the last save and without a chance to save again.</summary>
internal sealed class FailAt(int step) : IMetricsSink
{
    public void Step(StepMetrics metrics)
    {
        if (metrics.Step == step)
        {
            throw new IOException("killed");
        }
    }

    public void Event(RunEvent happened)
    {
    }
}

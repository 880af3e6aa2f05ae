using Alignment.ModelCore.Diagnostics;

namespace Alignment.SupervisedFineTuning.Tests.Recipes;

/// <summary>A kill: the sink is called before the state of its step is saved, so this step is lost.</summary>
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

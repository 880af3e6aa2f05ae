using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Rollouts;

namespace Alignment.PolicyOptimization.Recipes.Online;

/// <summary>A source whose sampling is timed.</summary>
internal sealed class TimedRollouts(IRolloutSource source, StepSeconds clock) : IRolloutSource
{
    public IReadOnlyList<Trajectory> Sample(int batch, IReadOnlyList<int> rows, long weightVersion, CancellationToken cancellation) =>
        clock.Measure("generate", () => source.Sample(batch, rows, weightVersion, cancellation));
}

namespace Alignment.ModelCore.Rollouts;

/// <summary>Gives the responses that a step learns from: the policy's own, or recorded ones.</summary>
public interface IRolloutSource
{
    /// <summary>Responses to these prompts, consecutive for each prompt in the order asked.</summary>
    /// <param name="batch">Number of the batch in the run: the same number gives the same responses from the same weights.</param>
    /// <param name="rows">Indices of the run's prompts.</param>
    /// <param name="weightVersion">Optimiser steps that the policy has seen.</param>
    IReadOnlyList<Trajectory> Sample(int batch, IReadOnlyList<int> rows, long weightVersion, CancellationToken cancellation);
}

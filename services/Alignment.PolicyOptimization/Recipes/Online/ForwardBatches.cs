using Alignment.ModelCore.Rollouts;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Recipes.Online;

/// <summary>Forward passes without gradients over many trajectories, so many at a time.</summary>
internal static class ForwardBatches
{
    /// <summary>Concatenates what <paramref name="part"/> gives for each chunk, (b, …) → (B, …).</summary>
    public static Tensor Run(IReadOnlyList<Trajectory> trajectories, int size, Func<IReadOnlyList<Trajectory>, Tensor> part)
    {
        using var none = no_grad();
        using var scope = NewDisposeScope();
        var parts = new List<Tensor>();
        foreach (var chunk in trajectories.Chunk(size))
        {
            using var inner = NewDisposeScope();
            parts.Add(part(chunk).MoveToOuterDisposeScope());
        }

        return (parts.Count == 1 ? parts[0] : cat([.. parts])).MoveToOuterDisposeScope();
    }
}

using System.Globalization;
using Alignment.ModelCore.Training;

namespace Alignment.PolicyOptimization.Recipes;

/// <summary>Before the first step policy and reference are one model, so that every reward is 0; the event <c>reference_differs</c> says when they are not.</summary>
internal static class StartingReference
{
    // Far above rounding in single precision, far below what dropout or another checkpoint makes.
    private const double Noise = 0.02;

    /// <param name="reference">The option's value: empty where the reference is the starting checkpoint.</param>
    public static void Check(TrainingRun run, string reference, StepMeans means)
    {
        if (run.StepsDone > 0 || reference.Length > 0)
        {
            return;
        }

        var reward = new[] { "rewards/chosen", "rewards/rejected" }.Max(n => Math.Abs(means.Values.GetValueOrDefault(n)));
        if (reward > Noise)
        {
            run.Say("reference_differs", string.Create(CultureInfo.InvariantCulture,
                $"rewards of the first step reach {reward:0.###} where policy and reference should be the same model: dropout is on, the compute type is coarse, or a cached reference belongs to other weights"));
        }
    }
}

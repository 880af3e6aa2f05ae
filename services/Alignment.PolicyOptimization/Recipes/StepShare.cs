using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Recipes;

/// <summary>A micro-batch's part of a mean over the step: mean over its rows × rows here ÷ rows of the step.</summary>
internal static class StepShare
{
    public static Tensor Of(Tensor mean, int rows, int stepRows) => mean.mul(tensor((double)rows / stepRows, mean.dtype));
}

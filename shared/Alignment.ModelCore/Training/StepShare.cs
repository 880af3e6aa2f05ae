using static TorchSharp.torch;

namespace Alignment.ModelCore.Training;

/// <summary>A micro-batch's part of a mean over the step: mean over its rows × rows here ÷ rows of the step.</summary>
public static class StepShare
{
    public static Tensor Of(Tensor mean, int rows, int stepRows) => mean.mul(tensor((double)rows / stepRows, mean.dtype));
}

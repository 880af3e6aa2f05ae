namespace Alignment.ModelCore.Training;

/// <summary>Three steps in a row had a loss or gradient that is not finite; the last batch lies in <paramref name="batchFile"/>.</summary>
public sealed class NonFiniteException(int step, string batchFile) : Exception(
    $"Loss or gradient was not finite in three steps in a row, the last at step {step}. The rows of that step are in {batchFile}. Lower learning_rate, set max_grad_norm, or look at the rows.")
{
    public string BatchFile { get; } = batchFile;
}

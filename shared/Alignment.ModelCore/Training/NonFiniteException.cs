namespace Alignment.ModelCore.Training;

/// <summary>Loss or gradient were not finite: in three steps in a row, or in every step there was.</summary>
public sealed class NonFiniteException : Exception
{
    /// <summary>Three steps in a row; the last batch lies in <paramref name="batchFile"/>.</summary>
    public NonFiniteException(int step, string batchFile)
        : base($"Loss or gradient was not finite in three steps in a row, the last at step {step}. The rows of that step are in {batchFile}. Lower learning_rate, set max_grad_norm, or look at the rows.") => BatchFile = batchFile;

    /// <summary>The run is over and none of its <paramref name="steps"/> changed anything.</summary>
    public NonFiniteException(int steps)
        : base($"Loss or gradient was not finite in {(steps == 1 ? "the only step" : $"each of the {steps} steps")}, so nothing was learned and no checkpoint is written. Look at the model and at the rows; then start in another folder.") => BatchFile = "";

    /// <summary>Empty where no batch was kept.</summary>
    public string BatchFile { get; }
}

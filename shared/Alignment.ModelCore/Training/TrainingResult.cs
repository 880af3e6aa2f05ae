namespace Alignment.ModelCore.Training;

/// <summary>What a finished run says about itself. Nothing here depends on the clock.</summary>
/// <param name="Checkpoint">The folder with the new checkpoint.</param>
/// <param name="Digest">SHA-256 over the names and bytes of its files.</param>
/// <param name="Steps">Optimiser steps.</param>
/// <param name="Tokens">Real tokens that went through the model, padding not counted.</param>
/// <param name="DroppedSteps">Steps skipped because loss or gradient was not finite.</param>
/// <param name="FinalLoss">Loss of the last step that was not dropped.</param>
/// <param name="Metrics">Values of the last line written.</param>
public sealed record TrainingResult(string Checkpoint, string Digest, int Steps, long Tokens, int DroppedSteps, double FinalLoss, IReadOnlyDictionary<string, double> Metrics)
{
    /// <summary>The guard that ended the run before its time, or null.</summary>
    public string? StoppedBy { get; init; }
}

namespace Alignment.ModelCore.Training;

/// <summary>Where a run writes: the finished checkpoint, and what it needs to go on after an interruption.</summary>
/// <param name="Checkpoint">Receives the Hugging Face directory when the run is complete; nothing before.</param>
/// <param name="State">Holds the resume state and files kept for inspection; may be deleted after success.</param>
public sealed record TrainingFolders(string Checkpoint, string State)
{
    /// <summary>The layout of <c>align train --out</c>: the checkpoint in the folder itself, the state in <c>state/</c>.</summary>
    public static TrainingFolders In(string folder) => new(folder, Path.Combine(folder, "state"));
}

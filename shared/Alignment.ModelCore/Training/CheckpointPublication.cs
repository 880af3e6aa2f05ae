using Alignment.ModelCore.Checkpointing;

namespace Alignment.ModelCore.Training;

/// <summary>Makes a finished checkpoint appear: written whole beside the state, then renamed into place, the weights last.</summary>
public static class CheckpointPublication
{
    /// <summary>Runs <paramref name="write"/> on an empty folder, publishes its files and returns their digest.</summary>
    public static string Publish(TrainingFolders folders, Action<string> write)
    {
        var staged = Path.Combine(folders.State, "checkpoint.partial");
        if (Directory.Exists(staged))
        {
            Directory.Delete(staged, recursive: true);
        }

        Directory.CreateDirectory(staged);
        write(staged);
        var digest = FolderDigest.Of(staged);
        Directory.CreateDirectory(folders.Checkpoint);
        foreach (var file in Directory.GetFiles(staged).OrderBy(f => Path.GetExtension(f) == ".safetensors").ThenBy(f => f, StringComparer.Ordinal))
        {
            File.Move(file, Path.Combine(folders.Checkpoint, Path.GetFileName(file)), overwrite: true);
        }

        Directory.Delete(staged);
        return digest;
    }
}

using System.Text.Json.Nodes;
using Alignment.ModelCore.Checkpointing;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Training;

/// <summary>Makes a finished checkpoint appear: written whole beside the state, then renamed into place, the weights last.</summary>
public static class CheckpointPublication
{
    /// <summary>The end of a recipe: the tuned model's checkpoint with the record of how it was made.</summary>
    /// <param name="beside">Writes further files into the checkpoint's folder.</param>
    /// <param name="more">Further keys of the record.</param>
    public static TrainingResult Publish<T>(this TrainingRun run, TunedModel<T> tuned, string recipe, TrainingOptions options, RunInputs inputs, TrainingFolders folders, Action<string>? beside = null, JsonObject? more = null)
        where T : nn.Module => run.Publish(folders, folder =>
        {
            tuned.Save(folder);
            beside?.Invoke(folder);
            TrainingRecord.Write(folder, recipe, options, inputs, run, more);
        });

    /// <summary>The end of a recipe that writes its files itself.</summary>
    /// <exception cref="NonFiniteException">Every step was dropped: there is nothing new to publish.</exception>
    public static TrainingResult Publish(this TrainingRun run, TrainingFolders folders, Action<string> write) =>
        run.StepsDone > 0 && double.IsNaN(run.LastLoss) ? throw new NonFiniteException(run.StepsDone) : run.Result(Publish(folders, write));

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

using Alignment.ModelCore.Configuration;

namespace Alignment.Suite.Commands.Training;

/// <summary>The folder of <c>align train --out</c>: a new one, or that of a run to go on with.</summary>
/// <param name="path">The folder.</param>
/// <param name="job">The job file, which may lie in it.</param>
internal sealed class RunFolder(string path, string? job = null)
{
    private readonly bool existed = Directory.Exists(path);
    private readonly List<string> others = Directory.Exists(path) ? [.. Directory.EnumerateFileSystemEntries(path).Where(f => job is null || Full(f) != Full(job)).Order(StringComparer.Ordinal)] : [];
    private bool claimed;

    public string Path { get; } = path;

    private string State => System.IO.Path.Combine(Path, "state");

    /// <summary>Makes the folder and keeps others out: two runs in one would overwrite each other's state.</summary>
    /// <param name="model">Folder of the starting checkpoint, which must not be overwritten.</param>
    /// <exception cref="OptionsException">The folder cannot be the run's.</exception>
    public FileStream Claim(string? model)
    {
        if (File.Exists(Path))
        {
            throw new OptionsException([$"--out {Path} is a file. Name a folder."]);
        }

        if (!string.IsNullOrEmpty(model) && Full(model) == Full(Path))
        {
            throw new OptionsException([$"--out {Path} is the folder of the starting checkpoint, which would be overwritten. Name another."]);
        }

        if (!Directory.Exists(State) && new[] { "config.json", "adapter_config.json" }.Any(f => File.Exists(System.IO.Path.Combine(Path, f))))
        {
            throw new OptionsException([$"--out {Path} holds a checkpoint and no state to resume from, so it would be overwritten. Name another folder."]);
        }

        if (!Directory.Exists(State) && others.Count > 0)
        {
            throw new OptionsException([$"--out {Path} holds {System.IO.Path.GetFileName(others[0])}{(others.Count > 1 ? $" and {others.Count - 1} more" : "")} and no state/ of a run, so what is there might be overwritten. Name a new or empty folder."]);
        }

        try
        {
            Directory.CreateDirectory(State);
            claimed = true;
            return new FileStream(System.IO.Path.Combine(State, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (claimed && e is not (DirectoryNotFoundException or PathTooLongException))
        {
            claimed = false;
            throw new OptionsException([$"{Path} is in use by another run. Choose another --out, or wait for it."]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"--out {Path} cannot be made: {e.Message}", e);
        }
    }

    /// <summary>After a fault: a run that saved nothing leaves nothing in a folder that was empty before.</summary>
    public void ForgetUnlessBegun()
    {
        if (!claimed || others.Count > 0 || Directory.EnumerateFileSystemEntries(State).Any(f => System.IO.Path.GetFileName(f) != "lock"))
        {
            return;
        }

        Directory.Delete(State, recursive: true);
        foreach (var file in Directory.EnumerateFiles(Path).Where(f => System.IO.Path.GetFileName(f) is "metrics.jsonl" || System.IO.Path.GetFileName(f).StartsWith("events.out.tfevents.", StringComparison.Ordinal)).ToList())
        {
            File.Delete(file);
        }

        if (!existed && !Directory.EnumerateFileSystemEntries(Path).Any())
        {
            Directory.Delete(Path);
        }
    }

    private static string Full(string folder) => System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(folder));
}

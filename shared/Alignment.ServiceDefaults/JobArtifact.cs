using Alignment.Jobs;
using Alignment.Storage.Artifacts;

namespace Alignment.ServiceDefaults;

/// <summary>The folders of a job that makes an artifact: the staged output, and the state that a later attempt goes on from.</summary>
public sealed class JobArtifact
{
    private readonly IArtifactStore artifacts;

    private JobArtifact(IArtifactStore artifacts, string output, string state)
    {
        this.artifacts = artifacts;
        Output = output;
        State = state;
    }

    /// <summary>Becomes the artifact when <see cref="CommitAsync"/> is called; invisible before.</summary>
    public string Output { get; }

    /// <summary>This attempt's own folder, holding what the attempt before saved.</summary>
    public string State { get; }

    /// <summary>
    /// Copies the state of the attempt before, so that a frozen predecessor that returns cannot touch its successor's files, and remembers
    /// where this attempt saves.
    /// </summary>
    public static async Task<JobArtifact> OpenAsync(JobContext job, IArtifactStore artifacts, string label, CancellationToken ct)
    {
        var state = Path.Combine(job.WorkFolder, "state");
        if (job.ResumeRef is { } earlier && earlier != state && Directory.Exists(earlier))
        {
            Copy(earlier, state);
        }

        Directory.CreateDirectory(state);
        await job.SaveResumeAsync(state, ct);
        return new(artifacts, artifacts.Stage(label), state);
    }

    /// <summary>Publishes the output; returns its digest.</summary>
    public Task<string> CommitAsync(CancellationToken ct) => artifacts.CommitAsync(Output, ct);

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target, overwrite: true);
        }
    }
}

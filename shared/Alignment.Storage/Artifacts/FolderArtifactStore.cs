using System.Text.RegularExpressions;

namespace Alignment.Storage.Artifacts;

/// <summary>Artifacts in a local or shared folder: <c>staging/…</c> while being filled, <c>sha256/ab/abcd…</c> afterwards.</summary>
public sealed partial class FolderArtifactStore : IArtifactStore
{
    private static readonly TimeSpan Abandoned = TimeSpan.FromDays(1);
    private readonly string root;
    private readonly TimeProvider time;

    public FolderArtifactStore(string root, TimeProvider time)
    {
        this.root = Path.GetFullPath(root);
        this.time = time;
        Guard(() =>
        {
            Directory.CreateDirectory(Staging);
            Directory.CreateDirectory(Path.Combine(this.root, "sha256"));
        });
        SweepAbandoned();
    }

    private string Staging => Path.Combine(root, "staging");

    public string Stage(string label)
    {
        var folder = Path.Combine(Staging, $"{Unsafe().Replace(label, "-")}-{Ids.New(time)}");
        Guard(() => Directory.CreateDirectory(folder));
        return folder;
    }

    public async Task<string> CommitAsync(string stagedFolder, CancellationToken ct)
    {
        var manifest = (await ArtifactManifest.OfFolderAsync(stagedFolder, ct).ConfigureAwait(false)).ToBytes();
        var digest = ArtifactManifest.DigestOf(manifest);
        Guard(() =>
        {
            DurableFile.WriteAllBytes(Path.Combine(stagedFolder, ArtifactManifest.FileName), manifest);
            Flush(stagedFolder);
            Publish(stagedFolder, PathOf(digest));
        });
        return digest;
    }

    public string PathOf(string digest)
    {
        if (!Digest().IsMatch(digest))
        {
            throw new ArgumentException($"'{digest}' is not an artifact digest (sha256: and 64 hexadecimal digits).", nameof(digest));
        }

        var hash = digest["sha256:".Length..];
        return Path.Combine(root, "sha256", hash[..2], hash);
    }

    public bool Exists(string digest) => Directory.Exists(PathOf(digest));

    public async Task<IReadOnlyList<string>> VerifyAsync(string digest, CancellationToken ct)
    {
        var folder = PathOf(digest);
        var manifestPath = Path.Combine(folder, ArtifactManifest.FileName);
        if (!File.Exists(manifestPath))
        {
            return [$"'{manifestPath}' is missing: restore the artifact {digest} from a copy or make it again."];
        }

        var stated = await File.ReadAllBytesAsync(manifestPath, ct).ConfigureAwait(false);
        if (ArtifactManifest.DigestOf(stated) != digest)
        {
            return [$"'{manifestPath}' was changed: its hash is not {digest}."];
        }

        var actual = (await ArtifactManifest.OfFolderAsync(folder, ct).ConfigureAwait(false)).Files.ToDictionary(file => file.Path);
        return Differences(folder, ArtifactManifest.Parse(stated), actual);
    }

    private static List<string> Differences(string folder, ArtifactManifest stated, Dictionary<string, ArtifactFile> actual)
    {
        var problems = new List<string>();
        foreach (var file in stated.Files)
        {
            if (!actual.Remove(file.Path, out var found))
            {
                problems.Add($"'{Path.Combine(folder, file.Path)}' is missing.");
            }
            else if (found != file)
            {
                problems.Add($"'{Path.Combine(folder, file.Path)}' was changed: {found.Size} bytes, sha256 {found.Sha256}; expected {file.Size} bytes, {file.Sha256}.");
            }
        }

        problems.AddRange(actual.Keys.Select(path => $"'{Path.Combine(folder, path)}' is not in the manifest."));
        return problems;
    }

    private static void Flush(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            DurableFile.FlushFile(file);
        }

        foreach (var inner in Directory.EnumerateDirectories(folder, "*", SearchOption.AllDirectories))
        {
            DurableFile.FlushFolder(inner);
        }

        DurableFile.FlushFolder(folder);
    }

    private static void Publish(string staged, string target)
    {
        var parent = Path.GetDirectoryName(target)!;
        Directory.CreateDirectory(parent);
        try
        {
            Directory.Move(staged, target);
        }
        catch (IOException) when (Directory.Exists(target))
        {
            // Somebody, perhaps an earlier attempt of the same job, stored the same content first.
            Directory.Delete(staged, recursive: true);
        }

        DurableFile.FlushFolder(parent);
        DurableFile.FlushFolder(Path.GetDirectoryName(parent)!);
    }

    private void SweepAbandoned()
    {
        foreach (var folder in Directory.EnumerateDirectories(Staging))
        {
            if (time.GetUtcNow() - Directory.GetLastWriteTimeUtc(folder) > Abandoned)
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private void Guard(Action action)
    {
        try
        {
            action();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"Cannot write artifacts under '{root}': {fault.Message} Free space there, give this user write access, or choose another artifacts folder; nothing half-written became visible.", fault);
        }
    }

    [GeneratedRegex("[^A-Za-z0-9._-]+")]
    private static partial Regex Unsafe();

    [GeneratedRegex("^sha256:[0-9a-f]{64}$")]
    private static partial Regex Digest();
}

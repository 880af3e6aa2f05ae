namespace Alignment.Storage.Artifacts;

/// <summary>
/// Immutable folders addressed by content: checkpoints, snapshots, reports. A folder is filled under a staging name and becomes
/// visible whole, by one rename, after everything in it reached the disk.
/// </summary>
public interface IArtifactStore
{
    /// <summary>A new empty folder to fill; its name starts with <paramref name="label"/>. Abandoned ones are swept after a day.</summary>
    string Stage(string label);

    /// <summary>
    /// Writes <c>manifest.json</c> (path, size, SHA-256 of every file, sorted by path), flushes everything to disk and renames the folder into place.
    /// The same content gives the same digest and is stored once.
    /// </summary>
    /// <returns><c>sha256:</c> and the hash of the manifest.</returns>
    Task<string> CommitAsync(string stagedFolder, CancellationToken ct);

    /// <summary>The folder of a digest, whether it exists or not.</summary>
    string PathOf(string digest);

    bool Exists(string digest);

    /// <summary>What the folder's files say against its manifest; empty when everything agrees.</summary>
    Task<IReadOnlyList<string>> VerifyAsync(string digest, CancellationToken ct);
}

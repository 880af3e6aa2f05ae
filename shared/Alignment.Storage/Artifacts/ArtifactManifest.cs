using System.Security.Cryptography;
using System.Text.Json;

namespace Alignment.Storage.Artifacts;

/// <summary>One file of an artifact; the path is relative with forward slashes.</summary>
public sealed record ArtifactFile(string Path, long Size, string Sha256);

/// <summary>The sorted list of an artifact's files; its bytes are what the digest is taken of.</summary>
public sealed record ArtifactManifest(IReadOnlyList<ArtifactFile> Files)
{
    public const string FileName = "manifest.json";

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { WriteIndented = true, IndentSize = 1, NewLine = "\n" };

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, Format);

    public static ArtifactManifest Parse(ReadOnlySpan<byte> bytes) =>
        JsonSerializer.Deserialize<ArtifactManifest>(bytes, Format) ?? throw new JsonException("The manifest is empty.");

    internal static string DigestOf(byte[] manifest) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(manifest));

    internal static async Task<ArtifactManifest> OfFolderAsync(string folder, CancellationToken ct)
    {
        var files = new List<ArtifactFile>();
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            var path = Path.GetRelativePath(folder, file).Replace('\\', '/');
            if (path == FileName)
            {
                continue;
            }

            await using var stream = File.OpenRead(file);
            files.Add(new(path, stream.Length, Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, ct).ConfigureAwait(false))));
        }

        files.Sort((a, b) => string.CompareOrdinal(a.Path, b.Path));
        return new(files);
    }
}

using System.Runtime.CompilerServices;

namespace Alignment.Golden.Tests.Harness;

/// <summary>Where the repository's own fixtures lie.</summary>
public static class Fixtures
{
    public static string Folder { get; } = Environment.GetEnvironmentVariable("ALIGNMENT_FIXTURES") ?? Path.GetFullPath(Path.Combine(Here(), "..", "..", "golden"));

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}

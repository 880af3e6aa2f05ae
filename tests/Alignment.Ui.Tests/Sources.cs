using System.Runtime.CompilerServices;

namespace Alignment.Ui.Tests;

/// <summary>The repository's own files.</summary>
internal static class Sources
{
    public static string Root => Path.GetFullPath(Path.Combine(Here(), "..", ".."));

    public static IEnumerable<string> Of(string folder, params string[] extensions) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(f => extensions.Contains(Path.GetExtension(f)) && !f.Contains("/obj/", StringComparison.Ordinal));

    private static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}

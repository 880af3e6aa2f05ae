namespace Alignment.Ui.Security;

/// <summary>Which paths are pages and their files; everything else belongs to the services' APIs in the same process.</summary>
internal static class UiPaths
{
    private static readonly string[] Prefixes = ["/annotate", "/console", "/chat", "/settings", "/ui"];

    public static bool Contains(PathString path) => path == "/" || Prefixes.Any(p => path.StartsWithSegments(p, StringComparison.Ordinal));
}

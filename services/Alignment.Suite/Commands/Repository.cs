namespace Alignment.Suite.Commands;

/// <summary>Where the product's own files lie: the clone it was built from, or the folder it was published to.</summary>
internal static class Repository
{
    /// <summary>The clone's root; <c>./align</c> passes it in <c>ALIGNMENT_ROOT</c>.</summary>
    public static string Root { get; } = Environment.GetEnvironmentVariable("ALIGNMENT_ROOT") is { Length: > 0 } named
        ? named
        : Ancestors(AppContext.BaseDirectory).FirstOrDefault(d => File.Exists(Path.Combine(d, "Alignment.sln"))) ?? AppContext.BaseDirectory;

    private static IEnumerable<string> Ancestors(string folder)
    {
        for (var d = new DirectoryInfo(folder); d is not null; d = d.Parent)
        {
            yield return d.FullName;
        }
    }
}

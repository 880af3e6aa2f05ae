namespace Alignment.PolicyOptimization.Tests;

/// <summary>The help desk sample in the clone.</summary>
internal static class Sample
{
    public static string Folder { get; } = Path.Combine(Root(), "samples", "helpdesk");

    public static string Base => Path.Combine(Folder, "base");

    public static string Prompts => Path.Combine(Folder, "prompts.jsonl");

    public static string HeldOut => Path.Combine(Folder, "heldout.jsonl");

    public static string Rubric => Path.Combine(Folder, "rubric.json");

    private static string Root()
    {
        var d = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(d.FullName, "Alignment.sln")))
        {
            d = d.Parent ?? throw new DirectoryNotFoundException("Alignment.sln is in no folder above the tests.");
        }

        return d.FullName;
    }
}

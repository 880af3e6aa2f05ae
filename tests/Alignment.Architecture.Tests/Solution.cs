using System.Runtime.CompilerServices;
using System.Xml.Linq;

namespace Alignment.Architecture.Tests;

/// <summary>The projects of the repository as their files describe them.</summary>
internal static class Solution
{
    public static string Root { get; } = Path.GetFullPath(Path.Combine(Here(), "..", ".."));

    /// <summary>Product projects by short name, such as <c>ModelCore</c>.</summary>
    public static IReadOnlyDictionary<string, Project> Projects { get; } = new[] { "shared", "services", "ui" }
        .SelectMany(d => Directory.GetFiles(Path.Combine(Root, d), "*.csproj", SearchOption.AllDirectories))
        .Select(Project.Read)
        .ToDictionary(p => p.Name, StringComparer.Ordinal);

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}

/// <summary>One project: its folder, its Alignment references and its packages.</summary>
internal sealed record Project(string Name, string Folder, string Group, IReadOnlySet<string> References, IReadOnlySet<string> Packages, bool UsesAspNet)
{
    public static Project Read(string file)
    {
        var xml = XDocument.Load(file);
        var folder = Path.GetDirectoryName(file)!;
        var group = Path.GetRelativePath(Solution.Root, folder).Split(Path.DirectorySeparatorChar)[0];
        return new(
            Short(Path.GetFileNameWithoutExtension(file)),
            folder,
            group,
            xml.Descendants("ProjectReference").Select(r => Short(Path.GetFileNameWithoutExtension(((string)r.Attribute("Include")!).Replace('\\', '/')))).ToHashSet(),
            xml.Descendants("PackageReference").Select(r => (string)r.Attribute("Include")!).ToHashSet(),
            ((string)xml.Root!.Attribute("Sdk")!).EndsWith(".Web", StringComparison.Ordinal) || xml.Descendants("FrameworkReference").Any(f => (string)f.Attribute("Include")! == "Microsoft.AspNetCore.App"));
    }

    private static string Short(string name) => name["Alignment.".Length..];
}

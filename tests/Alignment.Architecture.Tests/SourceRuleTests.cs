using System.Text.RegularExpressions;

namespace Alignment.Architecture.Tests;

/// <summary>Rules of the house that a reader of the source can check.</summary>
public sealed partial class SourceRuleTests
{
    private static readonly (string Path, string Text)[] Sources = [.. new[] { "shared", "services", "ui" }
        .SelectMany(d => Directory.GetFiles(Path.Combine(Solution.Root, d), "*.cs", SearchOption.AllDirectories))
        .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
        .Select(f => (Path.GetRelativePath(Solution.Root, f), File.ReadAllText(f)))];

    [Fact]
    public void TensorMatmul_IsNeverCalled_BecauseAShapeErrorAbortsTheProcess() =>
        Assert.Empty(Matching(TensorMatmul()));

    [Fact]
    public void MassTransit_IsNamed_OnlyInMessaging() =>
        Assert.DoesNotContain(Matching(UsingMassTransit()), p => !p.StartsWith("shared/Alignment.Messaging/", StringComparison.Ordinal));

    [Fact]
    public void UsageTelemetry_IsDisabled_WhereTheBusIsBuilt() =>
        Assert.Contains(Sources, s => s.Path.StartsWith("shared/Alignment.Messaging/", StringComparison.Ordinal) && s.Text.Contains("DisableUsageTelemetry()", StringComparison.Ordinal));

    [Fact]
    public void Judgements_AreWritten_OnlyByThePreferenceStore() =>
        Assert.DoesNotContain(Matching(InsertJudgement()), p => !p.StartsWith("shared/Alignment.PreferenceStore/", StringComparison.Ordinal));

    [Fact]
    public void Programs_AreShort() =>
        Assert.Empty(Sources.Where(s => Path.GetFileName(s.Path) == "Program.cs" && s.Text.Split('\n').Length > 26).Select(s => s.Path));

    private static IEnumerable<string> Matching(Regex pattern) => Sources.Where(s => pattern.IsMatch(s.Text)).Select(s => s.Path);

    [GeneratedRegex(@"\.matmul\(|\bmatmul\(")]
    private static partial Regex TensorMatmul();

    [GeneratedRegex(@"using MassTransit|MassTransit\.")]
    private static partial Regex UsingMassTransit();

    [GeneratedRegex(@"insert\s+into\s+judgements", RegexOptions.IgnoreCase)]
    private static partial Regex InsertJudgement();
}

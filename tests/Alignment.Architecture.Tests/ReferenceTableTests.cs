namespace Alignment.Architecture.Tests;

/// <summary>The table "who may use whom" of docs/architecture.md.</summary>
public sealed class ReferenceTableTests
{
    private static readonly Dictionary<string, string[]> Shared = new()
    {
        ["Contracts"] = [],
        ["Text"] = [],
        ["Statistics"] = [],
        ["ModelCore"] = ["Text"],
        ["Storage"] = [],
        ["PreferenceStore"] = ["Storage", "Contracts"],
        ["Messaging"] = ["Storage", "Contracts"],
        ["Jobs"] = ["Storage", "Contracts"],
        ["ServiceDefaults"] = ["Contracts", "Storage", "Messaging", "Jobs"],
    };

    private static readonly string[] LoadTorch = ["SupervisedFineTuning", "RewardModeling", "PolicyOptimization", "Inference", "Evaluation"];

    private static readonly string[] Services =
        ["Feedback", "Datasets", "SupervisedFineTuning", "RewardModeling", "PolicyOptimization", "Cycles", "Checkpoints", "Inference", "Evaluation"];

    public static TheoryData<string> SharedNames() => [.. Solution.Projects.Values.Where(p => p.Group == "shared").Select(p => p.Name)];

    public static TheoryData<string> ServiceNames() => [.. Services];

    [Theory]
    [MemberData(nameof(SharedNames))]
    public void SharedProject_References_OnlyWhatTheTableAllows(string name)
    {
        Assert.True(Shared.TryGetValue(name, out var allowed), $"{name} is a new room: add it to the design first.");
        Assert.Empty(Solution.Projects[name].References.Except(allowed!));
    }

    [Theory]
    [MemberData(nameof(ServiceNames))]
    public void Service_References_NoOtherService(string name)
    {
        var project = Solution.Projects[name];
        Assert.Empty(project.References.Intersect(Services));
        Assert.Equal(LoadTorch.Contains(name), project.References.Contains("ModelCore"));
    }

    [Fact]
    public void Contracts_Packages_AreNone() => Assert.Empty(Solution.Projects["Contracts"].Packages);

    [Fact]
    public void AspNet_InSharedProjects_OnlyInServiceDefaults() =>
        Assert.Equal(["ServiceDefaults"], Solution.Projects.Values.Where(p => p.Group == "shared" && p.UsesAspNet).Select(p => p.Name));

    [Fact]
    public void TorchSharp_IsReferenced_OnlyByModelCore() => Assert.Equal(["ModelCore"], WithPackage("TorchSharp"));

    [Fact]
    public void MassTransit_IsReferenced_OnlyByMessaging() => Assert.Equal(["Messaging"], WithPackage("MassTransit"));

    [Fact]
    public void Databases_AreReferenced_OnlyByStorage()
    {
        Assert.Equal(["Storage"], WithPackage("Npgsql"));
        Assert.Equal(["Storage"], WithPackage("Microsoft.Data.Sqlite"));
    }

    [Fact]
    public void Ui_References_NoProject() => Assert.Empty(Solution.Projects["Ui"].References);

    private static IEnumerable<string> WithPackage(string package) =>
        Solution.Projects.Values.Where(p => p.Packages.Contains(package)).Select(p => p.Name).Order(StringComparer.Ordinal);
}

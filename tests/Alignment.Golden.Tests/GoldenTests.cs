using Alignment.Golden.Tests.Harness;

namespace Alignment.Golden.Tests;

/// <summary>Every supported case of every family, one test each.</summary>
public sealed class GoldenTests
{
    public static IEnumerable<TheoryDataRow<string, string>> Cases() =>
        GoldenFamily.ReadAll(Fixtures.Folder)
            .Where(f => GoldenRun.Checks.ContainsKey(f.Id))
            .SelectMany(f => f.Cases.Select(c => new TheoryDataRow<string, string>(f.Id, c.Name)));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Case_Checked_AgreesWithOracle(string family, string name)
    {
        var c = GoldenFamily.ReadAll(Fixtures.Folder).Single(f => f.Id == family).Cases.Single(x => x.Name == name);
        var outcome = GoldenRun.Run(c);
        Assert.SkipWhen(outcome.State == "unsupported", outcome.Message ?? "unsupported");
        Assert.True(outcome.State == "passed", outcome.Message);
    }
}

namespace Alignment.Browser.Tests;

/// <summary>The ranking's pure functions, run as the browser runs them.</summary>
public sealed class RankingModuleTests
{
    [Theory]
    [InlineData("m.append([['B']], 'A')", "B › A")]
    [InlineData("m.append([['A'], ['B']], 'A')", "B › A")]
    [InlineData("m.tie([['B'], ['A']], 'C')", "B › A = C")]
    [InlineData("m.tie([], 'C')", "C")]
    [InlineData("m.tieRest([['B']], ['A', 'B', 'C'])", "B › A = C")]
    [InlineData("m.tieRest([['A', 'B']], ['A', 'B'])", "A = B")]
    [InlineData("m.back([['B'], ['A', 'C']])", "B › A")]
    [InlineData("m.back([])", "")]
    [InlineData("m.fromPlaces({ A: 3, B: 1, C: 3 })", "B › A = C")]
    public async Task Ranking_Step_GivesTheOrder(string step, string expected)
    {
        await using var site = await Site.StartAsync();
        await using var visit = await Visit.StartAsync(site);
        await visit.Page.GotoAsync("/settings");
        Assert.Equal(expected, await visit.Page.EvaluateAsync<string>($"import('/ui/js/ranking.js').then(m => m.describe({step}))"));
    }
}

using Microsoft.Playwright;

namespace Alignment.Browser.Tests;

public sealed class PagesTests
{
    public static TheoryData<string, ColorScheme, int> Looks => new()
    {
        { "en-GB", ColorScheme.Light, 1280 }, { "pt-BR", ColorScheme.Dark, 1280 }, { "en-GB", ColorScheme.Dark, 390 }, { "pt-PT", ColorScheme.Light, 390 },
    };

    [Theory]
    [MemberData(nameof(Looks))]
    public async Task EveryPage_LoadsWithoutFaultsAndFitsTheScreen(string locale, ColorScheme scheme, int width)
    {
        await using var site = await Site.StartAsync();
        var project = await site.ProjectAsync(("How do I cancel a very long order?", ["Thank you! Open **Purchases**.", "No.", "Look.", "`a_very_long_identifier_that_does_not_break_anywhere_at_all_because_it_has_no_blank`"]));
        await using var visit = await Visit.StartAsync(site, locale: locale, scheme: scheme, width: width);
        foreach (var path in new[] { "/", "/annotate", $"/annotate/{project}", $"/annotate/{project}/history", $"/console/projects/{project}", "/console/cycles", "/console/checkpoints", "/console/datasets", "/chat", "/settings" })
        {
            var response = await visit.Page.GotoAsync(path);
            Assert.Equal((200, path), (response!.Status, path));
            Assert.Equal(1, await visit.Page.Locator("h1").CountAsync());
            Assert.Equal(locale.StartsWith("pt", StringComparison.Ordinal) ? "pt-BR" : "en", await visit.Page.GetAttributeAsync("html", "lang"));
            Assert.True(await visit.Page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), $"{path} is wider than {width} px");
        }

        Assert.Empty(visit.Faults);
    }

    [Fact]
    public async Task Language_Chosen_StaysWhateverTheBrowserWants()
    {
        await using var site = await Site.StartAsync();
        await using var visit = await Visit.StartAsync(site, script: false);
        await visit.Page.GotoAsync("/settings");
        await visit.Page.CheckAsync("input[name=lang][value=pt-BR]");
        await visit.Page.ClickAsync("form .primary");
        Assert.Equal("Preferências", await visit.Page.InnerTextAsync("h1"));
        await visit.Page.CheckAsync("input[name=theme][value=dark]");
        await visit.Page.ClickAsync("form .primary");
        Assert.Equal("dark", await visit.Page.GetAttributeAsync("html", "data-theme"));
    }

    [Fact]
    public async Task Settings_NextElsewhere_StaysOnThisSite()
    {
        await using var site = await Site.StartAsync();
        await using var visit = await Visit.StartAsync(site, script: false);
        await visit.Page.GotoAsync("/settings?next=//evil.example/");
        await visit.Page.ClickAsync("form .primary");
        Assert.StartsWith(site.Address + "/settings", visit.Page.Url);
    }
}

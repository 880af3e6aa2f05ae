using Microsoft.Playwright;


namespace Alignment.Browser.Tests;

public sealed class JudgingTests
{
    [Fact]
    public async Task TwoAnswers_WithoutScript_OneClickStoresAndShowsTheNext()
    {
        await using var site = await Site.StartAsync();
        var project = await site.ProjectAsync(("one?", ["kind", "rude"]), ("two?", ["kind", "rude"]));
        await using var visit = await Visit.StartAsync(site, script: false);
        await visit.Page.GotoAsync($"/annotate/{project}");
        Assert.Equal("one?", (await visit.Page.InnerTextAsync(".prompt")).Trim());
        var label = await LabelOfAsync(visit.Page, "kind");
        await visit.Page.ClickAsync($"button[value={label}]");
        Assert.Equal("two?", (await visit.Page.InnerTextAsync(".prompt")).Trim());
        Assert.Contains("Saved", await visit.Page.InnerTextAsync("[role=status]"));
        var judgement = Assert.Single(await site.JudgementsAsync(project, "ana"))!;
        Assert.Equal(label, (string)judgement["ranking"]![0]![0]!);
        Assert.Empty(visit.Faults);
    }

    [Fact]
    public async Task ThreeAnswers_WithoutScript_RankingWithTieAndCommentIsStored()
    {
        await using var site = await Site.StartAsync();
        var project = await site.ProjectAsync(("one?", ["x", "y", "z"]));
        await using var visit = await Visit.StartAsync(site, script: false);
        await visit.Page.GotoAsync($"/annotate/{project}");
        foreach (var (label, place) in new[] { ("A", 2), ("B", 1), ("C", 2) })
        {
            await visit.Page.CheckAsync($"input[name=place-{label}][value='{place}']", new() { Force = true });
        }

        await visit.Page.FillAsync("textarea[name=comment]", "B is <polite>");
        await visit.Page.ClickAsync(".verdicts .primary");
        Assert.Contains("All done", await visit.Page.InnerTextAsync("main"));
        var judgement = Assert.Single(await site.JudgementsAsync(project, "ana"))!;
        Assert.Equal("""[["B"],["A","C"]]""", judgement["ranking"]!.ToJsonString());
        Assert.Equal("B is <polite>", (string)judgement["comment"]!);
    }

    [Fact]
    public async Task ThreeAnswers_WithoutScriptAndIncomplete_KeepsWhatWasEnteredAndSaysWhatLacks()
    {
        await using var site = await Site.StartAsync();
        var project = await site.ProjectAsync(("one?", ["x", "y", "z"]));
        await using var visit = await Visit.StartAsync(site, script: false);
        await visit.Page.GotoAsync($"/annotate/{project}");
        await visit.Page.CheckAsync("input[name=place-B][value='1']", new() { Force = true });
        await visit.Page.FillAsync("textarea[name=comment]", "because");
        await visit.Page.ClickAsync(".verdicts .primary");
        Assert.Contains("A, C", await visit.Page.InnerTextAsync("[role=alert]"));
        Assert.True(await visit.Page.IsCheckedAsync("input[name=place-B][value='1']"));
        Assert.Equal("because", await visit.Page.InputValueAsync("textarea[name=comment]"));
        Assert.Empty(await site.JudgementsAsync(project, "ana"));
    }

    [Fact]
    public async Task NewVisitor_WithoutScript_GivesANameAndComesBack()
    {
        await using var site = await Site.StartAsync();
        var project = await site.ProjectAsync(("one?", ["x", "y"]));
        await using var visit = await Visit.StartAsync(site, name: null, script: false);
        await visit.Page.GotoAsync($"/annotate/{project}");
        await visit.Page.FillAsync("input[name=name]", "João & Zé");
        await visit.Page.ClickAsync("button.primary");
        await visit.Page.ClickAsync("button[value=tie]");
        Assert.Equal("""[["A","B"]]""", Assert.Single(await site.JudgementsAsync(project, Uri.EscapeDataString("João & Zé")))!["ranking"]!.ToJsonString());
    }

    [Fact]
    public async Task Keys_FourAnswers_RankTieTakeBackAndSave()
    {
        await using var site = await Site.StartAsync();
        var project = await site.ProjectAsync(("one?", ["w", "x", "y", "z"]), ("two?", ["w", "x", "y", "z"]));
        await using var visit = await Visit.StartAsync(site);
        await visit.Page.GotoAsync($"/annotate/{project}");
        await visit.Page.WaitForSelectorAsync(".task.enhanced");
        foreach (var key in new[] { "3", "1", "Backspace", "2", "=", "4", "0" })
        {
            await visit.Page.Keyboard.PressAsync(key);
        }

        Assert.Equal("C › B = D › A", await visit.Page.InnerTextAsync(".board"));
        await visit.Page.Keyboard.PressAsync("Enter");
        await visit.Page.WaitForSelectorAsync("text=two?");
        Assert.Equal("""[["C"],["B","D"],["A"]]""", Assert.Single(await site.JudgementsAsync(project, "ana"))!["ranking"]!.ToJsonString());
        Assert.Empty(visit.Faults);
    }

    [Fact]
    public async Task Keys_InTheComment_AreText()
    {
        await using var site = await Site.StartAsync();
        var project = await site.ProjectAsync(("one?", ["x", "y"]));
        await using var visit = await Visit.StartAsync(site);
        await visit.Page.GotoAsync($"/annotate/{project}");
        await visit.Page.WaitForSelectorAsync(".task.enhanced");
        await visit.Page.Keyboard.PressAsync("c");
        await visit.Page.Keyboard.TypeAsync("12 sf0");
        Assert.Equal("12 sf0", await visit.Page.InputValueAsync("textarea[name=comment]"));
        Assert.Empty(await site.JudgementsAsync(project, "ana"));
    }

    [Fact]
    public async Task Draft_Reload_IsThereAgain()
    {
        await using var site = await Site.StartAsync();
        var project = await site.ProjectAsync(("one?", ["x", "y", "z"]));
        await using var visit = await Visit.StartAsync(site);
        await visit.Page.GotoAsync($"/annotate/{project}");
        await visit.Page.WaitForSelectorAsync(".task.enhanced");
        await visit.Page.Keyboard.PressAsync("2");
        await visit.Page.FillAsync("textarea[name=comment]", "half done");
        await visit.Page.ReloadAsync();
        await visit.Page.WaitForSelectorAsync(".task.enhanced");
        Assert.Equal("B", await visit.Page.InnerTextAsync(".board"));
        Assert.Equal("half done", await visit.Page.InputValueAsync("textarea[name=comment]"));
    }

    [Fact]
    public async Task Correction_AfterSaving_SupersedesTheFirst()
    {
        await using var site = await Site.StartAsync();
        var project = await site.ProjectAsync(("one?", ["x", "y"]));
        await using var visit = await Visit.StartAsync(site, script: false);
        await visit.Page.GotoAsync($"/annotate/{project}");
        await visit.Page.ClickAsync("button[value=A]");
        await visit.Page.ClickAsync("[role=status] a");
        await visit.Page.ClickAsync("button[value=B]");
        var judgement = Assert.Single(await site.JudgementsAsync(project, "ana"))!;
        Assert.Equal((2, "B"), ((int)judgement["revision"]!, (string)judgement["ranking"]![0]![0]!));
    }

    [Fact]
    public async Task SkipAndFlag_WithoutScript_ReachTheStore()
    {
        await using var site = await Site.StartAsync();
        var project = await site.ProjectAsync(("one?", ["x", "y"]), ("two?", ["x", "y"]));
        await using var visit = await Visit.StartAsync(site, script: false);
        await visit.Page.GotoAsync($"/annotate/{project}");
        await visit.Page.ClickAsync("summary:has-text('Report')");
        await visit.Page.SelectOptionAsync("select[name=kind]", "unsafe");
        await visit.Page.ClickAsync("button[value=flag]");
        Assert.Equal("one?", (await visit.Page.InnerTextAsync(".prompt")).Trim());
        await visit.Page.ClickAsync("summary:has-text('Skip')");
        await visit.Page.ClickAsync("button[value=skip]");
        Assert.Equal("two?", (await visit.Page.InnerTextAsync(".prompt")).Trim());
        var progress = (await site.GetAsync($"/feedback/projects/{project}/progress"))["progress"]!;
        Assert.Equal((1, 1), ((int)progress["skips"]!, (int)progress["flags"]!));
    }

    [Fact]
    public async Task Post_WithoutToken_IsRefused()
    {
        await using var site = await Site.StartAsync();
        var project = await site.ProjectAsync(("one?", ["x", "y"]));
        site.Client.DefaultRequestHeaders.Add("Cookie", "align.name=ana");
        using var response = await site.Client.PostAsync($"/annotate/{project}", new FormUrlEncodedContent([new("_handler", "judge"), new("verdict", "A")]));
        Assert.Equal(400, (int)response.StatusCode);
        Assert.Empty(await site.JudgementsAsync(project, "ana"));
    }

    private static async Task<string> LabelOfAsync(IPage page, string text) => (await page.GetAttributeAsync($".choice:has(.text:has-text('{text}'))", "data-label"))!;
}

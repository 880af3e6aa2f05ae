namespace Alignment.Browser.Tests;

public sealed class HostileTextTests
{
    private const string Question = "<script>document.title='pwned'</script> <img src=x onerror=document.title='pwned'>";

    private static readonly string[] Answers =
    [
        "[click](javascript:document.title='pwned') <javascript:document.title='pwned'> [data](data:text/html,<script>alert(1)</script>) ![pixel](https://evil.example/p.png) <b onmouseover=alert(1)>x</b>",
        "</div></article><script src=https://evil.example/x.js></script>\n\n<iframe src=https://evil.example></iframe>\n\n<style>*{display:none}</style> \u202egnirts\u202c <form action=https://evil.example><button>go</button></form>",
        "ok https://example.com/help <https://example.com/auto> `</code><script>alert(1)</script>`",
    ];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Answers_MadeToAttack_AreOnlyText(bool script)
    {
        await using var site = await Site.StartAsync();
        var project = await site.ProjectAsync((Question, Answers));
        await using var visit = await Visit.StartAsync(site, script: script);
        await visit.Page.GotoAsync($"/annotate/{project}");
        Assert.Empty(await visit.Page.QuerySelectorAllAsync(".choices script, .prompt script, .choices img, .choices iframe, .choices style, .choices form, .choices [onerror], .choices [onmouseover], .choices [style]"));
        foreach (var link in await visit.Page.QuerySelectorAllAsync(".choices a"))
        {
            Assert.StartsWith("https://example.com/", await link.GetAttributeAsync("href"));
        }

        Assert.Contains("[U+202E]", await visit.Page.InnerTextAsync(".choices"));
        Assert.Contains("<script>", await visit.Page.InnerTextAsync(".prompt"));
        Assert.DoesNotContain("secret", await visit.Page.ContentAsync());
        Assert.NotEqual("pwned", await visit.Page.TitleAsync());
        Assert.Empty(visit.Faults);
    }
}

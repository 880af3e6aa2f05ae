using Microsoft.Playwright;

namespace Alignment.Browser.Tests;

/// <summary>One person's browser: cookies of its own, and a record of everything that went wrong in the page.</summary>
internal sealed class Visit : IAsyncDisposable
{
    private readonly List<string> faults = [];
    private readonly IBrowserContext context;

    private Visit(IBrowserContext context, IPage page) => (this.context, Page) = (context, page);

    public IPage Page { get; }

    /// <summary>Console errors (policy violations among them), script errors, dialogs and requests to other hosts.</summary>
    public IReadOnlyList<string> Faults => faults;

    public static async Task<Visit> StartAsync(Site site, string? name = "ana", bool script = true, string locale = "en-GB", ColorScheme scheme = ColorScheme.Light, int width = 1280, int height = 900)
    {
        var browser = await Chromium.LaunchedAsync();
        var context = await browser.NewContextAsync(new() { BaseURL = site.Address, JavaScriptEnabled = script, Locale = locale, ColorScheme = scheme, ViewportSize = new() { Width = width, Height = height } });
        if (name is not null)
        {
            await context.AddCookiesAsync([new() { Name = "align.name", Value = name, Url = site.Address }]);
        }

        var visit = new Visit(context, await context.NewPageAsync());
        visit.Page.SetDefaultTimeout(15_000);
        visit.Page.Console += (_, m) => visit.Note(m.Type == "error", $"console: {m.Text}");
        visit.Page.PageError += (_, e) => visit.Note(true, $"script: {e}");
        visit.Page.Dialog += async (_, d) =>
        {
            visit.Note(true, $"dialog: {d.Message}");
            await d.DismissAsync();
        };
        visit.Page.Request += (_, r) => visit.Note(!r.Url.StartsWith(site.Address, StringComparison.Ordinal) && !r.Url.StartsWith("data:", StringComparison.Ordinal), $"request: {r.Url}");
        return visit;
    }

    public async ValueTask DisposeAsync() => await context.DisposeAsync();

    private void Note(bool wrong, string what)
    {
        if (wrong)
        {
            faults.Add(what);
        }
    }
}

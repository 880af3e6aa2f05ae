using System.Text.RegularExpressions;

namespace Alignment.Ui.Tests;

/// <summary>Rules of the pages that no compiler knows.</summary>
public sealed partial class PageRulesTests
{
    private static readonly string Ui = Path.Combine(Sources.Root, "ui", "Alignment.Ui");

    // Without blazor.web.js these do nothing, silently.
    [Fact]
    public void Pages_NeverUseInteractiveDirectives() => Assert.DoesNotContain(Sources.Of(Ui, ".razor"), f => Interactive().IsMatch(File.ReadAllText(f)));

    // Model output must never become an HTML string.
    [Fact]
    public void Pages_NeverWriteRawHtml() => Assert.DoesNotContain(Sources.Of(Ui, ".razor", ".cs", ".js"), f => RawHtml().IsMatch(File.ReadAllText(f)));

    // The policy forbids both: they would not work.
    [Fact]
    public void Pages_HaveNoInlineScriptOrStyle() => Assert.DoesNotContain(Sources.Of(Ui, ".razor"), f => Inline().IsMatch(File.ReadAllText(f)));

    [GeneratedRegex("@onclick|@bind|@rendermode|StreamRendering")]
    private static partial Regex Interactive();

    [GeneratedRegex("MarkupString|innerHTML|outerHTML|insertAdjacentHTML|document\\.write|eval\\(")]
    private static partial Regex RawHtml();

    [GeneratedRegex("""<style|\sstyle="|\son[a-z]+="|<script(?![^>]*\ssrc=)""")]
    private static partial Regex Inline();
}

using Alignment.Ui.Rendering;

namespace Alignment.Ui.Tests.Rendering;

public sealed class SafeMarkdownTests
{
    [Theory]
    [InlineData("<javascript:alert(1)>")]
    [InlineData("[x](javascript:alert(1))")]
    [InlineData("[x](JaVaScRiPt:alert(1))")]
    [InlineData("[x](data:text/html,y)")]
    [InlineData("[x](vbscript:y)")]
    [InlineData("[x](//evil.example)")]
    [InlineData("[x](/settings)")]
    [InlineData("[x][1]\n\n[1]: javascript:alert(1)")]
    [InlineData("<mailto:a@b.example>")]
    [InlineData("[x](&#106;avascript:alert(1))")]
    public void Parse_LinkThatIsNotHttp_IsText(string markdown) => Assert.DoesNotContain(All(markdown), n => n.Tag == "a");

    [Fact]
    public void Parse_HttpLink_ShowsItsHost()
    {
        var nodes = All("[my bank](https://evil.example/path)");
        Assert.Equal("https://evil.example/path", Assert.Single(nodes, n => n.Tag == "a").Href);
        Assert.Contains(nodes, n => n.Text == " (evil.example)");
    }

    [Theory]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("<img src=x onerror=alert(1)>")]
    [InlineData("a <b onclick=x>b</b>")]
    [InlineData("<!-- x -->")]
    [InlineData("<svg/onload=alert(1)>")]
    public void Parse_Html_StaysVisibleText(string markdown) => Assert.Contains(markdown[..4], string.Concat(All(markdown).Select(n => n.Text)));

    [Fact]
    public void Parse_Image_IsNamedNotLoaded()
    {
        var text = string.Concat(All("![a *pixel*](https://evil.example/p.png)").Select(n => n.Text));
        Assert.Equal("[image: a pixel]", text);
    }

    [Theory]
    [InlineData("# a\n\n### b", "h3", "h5")]
    [InlineData("### a\n\n#### b", "h3", "h4")]
    public void Parse_Headings_StartAtThree(string markdown, string first, string second) =>
        Assert.Equal([first, second], All(markdown).Where(n => n.Tag is ['h', >= '1' and <= '6']).Select(n => n.Tag));

    [Fact]
    public void Parse_HiddenCharacters_AreShown() => Assert.Contains(All("a\u202eb\u200bc"), n => n.Text == "a[U+202E]b[U+200B]c");

    [Theory]
    [InlineData('>')]
    [InlineData('[')]
    [InlineData('*')]
    [InlineData('`')]
    [InlineData('(')]
    public void Parse_NestingBomb_EndsAsText(char c) => Assert.NotEmpty(SafeMarkdown.Parse(new string(c, 50_000) + "x"));

    [Fact]
    public void Parse_TooLong_IsPlain() => Assert.Equal("pre", Assert.Single(SafeMarkdown.Parse(new string('x', 200_001))).Tag);

    [Fact]
    public void Parse_AnythingAtAll_StaysInTheClosedList()
    {
        const string alphabet = "[]()<>!*_`#>-|\\&;:/\n \"'=ahjsx1\u202e\0{}~";
        var random = new Random(7);
        for (var i = 0; i < 5_000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 80)).Select(_ => alphabet[random.Next(alphabet.Length)]));
            foreach (var node in All(text))
            {
                Assert.True(node.Tag is null || SafeNode.Tags.Contains(node.Tag), text);
                Assert.True(node.Href is null || node.Href.StartsWith("http://", StringComparison.Ordinal) || node.Href.StartsWith("https://", StringComparison.Ordinal), text);
            }
        }
    }

    [Fact]
    public void Of_OtherTag_IsRefused() => Assert.Throws<ArgumentException>(() => SafeNode.Of("script", []));

    private static List<SafeNode> All(string markdown)
    {
        List<SafeNode> Flat(SafeNode node) => [node, .. node.Children.SelectMany(Flat)];
        return [.. SafeMarkdown.Parse(markdown).SelectMany(Flat)];
    }
}

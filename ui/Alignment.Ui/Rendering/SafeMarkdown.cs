using Markdig;
using Markdig.Extensions.Tables;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace Alignment.Ui.Rendering;

/// <summary>
/// Markdown of a model to a closed node tree. Nothing ever becomes an HTML string: unknown syntax becomes text, raw HTML becomes text, images are named and
/// not loaded, links are http(s) or text.
/// </summary>
internal static class SafeMarkdown
{
    private const int Limit = 200_000;
    private const int Depth = 40;
    private const int Nodes = 20_000;

    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().DisableHtml().UsePipeTables().UseEmphasisExtras(Markdig.Extensions.EmphasisExtras.EmphasisExtraOptions.Strikethrough).Build();

    public static IReadOnlyList<SafeNode> Parse(string text)
    {
        if (text.Length > Limit)
        {
            return [Plain(text)];
        }

        try
        {
            var walk = new Walk();
            var nodes = walk.Blocks(Markdown.Parse(text, Pipeline), 0);
            return walk.Overflow ? [Plain(text)] : nodes;
        }
        catch (Exception fault) when (fault is ArgumentException or InvalidOperationException or IndexOutOfRangeException or NullReferenceException)
        {
            // Markdig stops at nesting bombs with an exception: the reader still gets the text.
            return [Plain(text)];
        }
    }

    private static SafeNode Plain(string text) => SafeNode.Of("pre", [SafeNode.OfText(text)]);

    private sealed class Walk
    {
        private int count;
        private int topHeading = 7;

        public bool Overflow { get; private set; }

        public List<SafeNode> Blocks(ContainerBlock container, int depth)
        {
            if (depth == 0)
            {
                topHeading = container.Descendants<HeadingBlock>().Select(h => h.Level).DefaultIfEmpty(1).Min();
            }

            return Fits(depth) ? [.. container.SelectMany(b => Block(b, depth + 1))] : [];
        }

        private IEnumerable<SafeNode> Block(Block block, int depth) => block switch
        {
            HeadingBlock h => [SafeNode.Of($"h{Math.Min(6, 3 + h.Level - topHeading)}", Inlines(h.Inline, depth))],
            ParagraphBlock p => [SafeNode.Of("p", Inlines(p.Inline, depth))],
            ListBlock l => [SafeNode.Of(l.IsOrdered ? "ol" : "ul", Blocks(l, depth))],
            ListItemBlock i => [SafeNode.Of("li", Blocks(i, depth))],
            QuoteBlock q => [SafeNode.Of("blockquote", Blocks(q, depth))],
            Table t => [SafeNode.Of("table", t.OfType<TableRow>().Select(r => SafeNode.Of("tr", r.OfType<TableCell>().Select(c => SafeNode.Of(r.IsHeader ? "th" : "td", Blocks(c, depth))))))],
            ThematicBreakBlock => [SafeNode.Of("hr", [])],
            LinkReferenceDefinitionGroup => [],
            CodeBlock c => [SafeNode.Of("pre", [SafeNode.Of("code", [SafeNode.OfText(c.Lines.ToString())])])],
            LeafBlock leaf => [SafeNode.Of("p", [SafeNode.OfText(leaf.Lines.ToString())])],
            ContainerBlock c => Blocks(c, depth),
            _ => [],
        };

        private List<SafeNode> Inlines(ContainerInline? container, int depth) => container is not null && Fits(depth) ? [.. container.SelectMany(i => Inline(i, depth + 1))] : [];

        private IEnumerable<SafeNode> Inline(Inline inline, int depth) => inline switch
        {
            LiteralInline l => [SafeNode.OfText(l.Content.ToString())],
            CodeInline c => [SafeNode.Of("code", [SafeNode.OfText(c.Content)])],
            LineBreakInline b => b.IsHard ? [SafeNode.Of("br", [])] : [SafeNode.OfText("\n")],
            EmphasisInline { DelimiterChar: '~' } e => [SafeNode.Of("del", Inlines(e, depth))],
            EmphasisInline e => [SafeNode.Of(e.DelimiterCount >= 2 ? "strong" : "em", Inlines(e, depth))],
            LinkInline { IsImage: true } image => [SafeNode.OfText("[image: "), .. Inlines(image, depth), SafeNode.OfText("]")],
            LinkInline link => Link(link.Url, Inlines(link, depth)),
            AutolinkInline link => Link(link.IsEmail ? null : link.Url, [SafeNode.OfText(link.Url)]),
            HtmlEntityInline entity => [SafeNode.OfText(entity.Transcoded.ToString())],
            HtmlInline html => [SafeNode.OfText(html.Tag)],
            ContainerInline c => Inlines(c, depth),
            _ => [SafeNode.OfText(inline.ToString() ?? "")],
        };

        // The host is written after the text, so that a link cannot pretend to lead elsewhere.
        private static IEnumerable<SafeNode> Link(string? url, List<SafeNode> text) =>
            Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && url!.StartsWith("http", StringComparison.OrdinalIgnoreCase)
                ? [SafeNode.Of("a", text, uri!.AbsoluteUri), SafeNode.OfText($" ({uri.IdnHost})")]
                : text;

        private bool Fits(int depth)
        {
            Overflow |= ++count > Nodes || depth > Depth;
            return !Overflow;
        }
    }
}

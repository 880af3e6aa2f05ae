namespace Alignment.Ui.Rendering;

/// <summary>A node of the closed tree that model output may become: text, or one of <see cref="Tags"/> with nothing but a checked link or language.</summary>
internal sealed record SafeNode(string? Tag, string Text, IReadOnlyList<SafeNode> Children, string? Href = null)
{
    public static readonly IReadOnlySet<string> Tags = new HashSet<string>(StringComparer.Ordinal)
    {
        "p", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "em", "strong", "del", "hr", "br", "table", "tr", "th", "td", "a",
    };

    public static SafeNode OfText(string text) => new(null, Visible(text), []);

    public static SafeNode Of(string tag, IEnumerable<SafeNode> children, string? href = null) =>
        Tags.Contains(tag) ? new SafeNode(tag, "", [.. children], href) : throw new ArgumentException($"'{tag}' is not in the closed list.", nameof(tag));

    /// <summary>Characters that hide or reorder text are shown as what they are.</summary>
    public static string Visible(string text)
    {
        if (!text.Any(Hides))
        {
            return text;
        }

        return string.Concat(text.Select(c => Hides(c) ? $"[U+{(int)c:X4}]" : c.ToString()));
    }

    private static bool Hides(char c) => c is '\0' or '\u200b' or '\u200e' or '\u200f' or '\u061c' or '\u2060' or '\ufeff' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');
}

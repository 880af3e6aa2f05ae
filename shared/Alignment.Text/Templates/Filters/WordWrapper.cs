using System.Text.RegularExpressions;
using Alignment.Text.Templates.Values;

namespace Alignment.Text.Templates.Filters;

/// <summary>Python's <c>textwrap.wrap</c> without tab expansion and white space replacement.</summary>
internal sealed partial class WordWrapper(int width, bool breakLongWords, bool breakOnHyphens)
{
    public List<string> Wrap(string line)
    {
        var chunks = new Stack<string>(Chunks(line).Reverse());
        var lines = new List<string>();
        while (chunks.Count > 0)
        {
            var current = new List<string>();
            var length = 0;
            if (IsBlank(chunks.Peek()) && lines.Count > 0)
            {
                chunks.Pop();
            }

            while (chunks.Count > 0 && length + PyText.Length(chunks.Peek()) <= width)
            {
                length += PyText.Length(chunks.Peek());
                current.Add(chunks.Pop());
            }

            if (chunks.Count > 0 && PyText.Length(chunks.Peek()) > width)
            {
                BreakLong(chunks, current, width - length);
            }

            if (current.Count > 0 && IsBlank(current[^1]))
            {
                current.RemoveAt(current.Count - 1);
            }

            if (current.Count > 0)
            {
                lines.Add(string.Concat(current));
            }
        }

        return lines;
    }

    private void BreakLong(Stack<string> chunks, List<string> current, int space)
    {
        if (!breakLongWords)
        {
            if (current.Count == 0)
            {
                current.Add(chunks.Pop());
            }

            return;
        }

        var chunk = chunks.Pop();
        var cut = PyText.Offset(chunk, Math.Max(1, space));
        if (breakOnHyphens && PyText.Length(chunk) > space)
        {
            var hyphen = cut > 0 ? chunk.LastIndexOf('-', cut - 1) : -1;
            if (hyphen > 0 && chunk[..hyphen].Any(c => c != '-'))
            {
                cut = hyphen + 1;
            }
        }

        if (space < 1 && current.Count > 0)
        {
            chunks.Push(chunk);
            return;
        }

        current.Add(chunk[..cut]);
        if (cut < chunk.Length)
        {
            chunks.Push(chunk[cut..]);
        }
    }

    private IEnumerable<string> Chunks(string line) => (breakOnHyphens ? WordSeparators() : Blanks()).Split(line).Where(c => c.Length > 0);

    private static bool IsBlank(string chunk) => PyText.Strip(chunk, null, true, true).Length == 0;

    // textwrap.TextWrapper.wordsep_re
    [GeneratedRegex("""([\t\n\v\f\r ]+|(?<=[\w!"'&.,?])-{2,}(?=\w)|[^\t\n\v\f\r ](?:[^\t\n\v\f\r ])*?(?:-(?:(?<=[^\d\W]{2}-)|(?<=[^\d\W]-[^\d\W]-))(?=[^\d\W]-?[^\d\W])|(?=[\t\n\v\f\r ]|\z)|(?<=[\w!"'&.,?])(?=-{2,}\w)))""", RegexOptions.CultureInvariant, 2000)]
    private static partial Regex WordSeparators();

    [GeneratedRegex("""([\t\n\v\f\r ]+)""", RegexOptions.CultureInvariant)]
    private static partial Regex Blanks();
}

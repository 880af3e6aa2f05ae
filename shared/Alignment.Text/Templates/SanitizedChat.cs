using System.Text;
using Alignment.Text.Templates.Values;
using Alignment.Text.Tokenization;

namespace Alignment.Text.Templates;

/// <summary>
/// Conversations in which users cannot forge turns: a control token spelled out in a message is tokenised as the text it is, while
/// those of the template stay control tokens. transformers' <c>sanitize_control_tokens</c>.
/// </summary>
public static class SanitizedChat
{
    public static int[] Encode(ChatTemplate template, ChatRequest request, Tokenizer tokenizer)
    {
        var control = tokenizer.AddedTokens.Where(t => t.Special && t.Content.Length > 0).Select(t => t.Content).OrderByDescending(t => t.Length).ToArray();
        var mark = Mark(request);
        var rendered = ChatRendering.Render(template, request, s => Marked(s, control, mark)).Text;
        var text = new StringBuilder(rendered.Length);
        var plain = new HashSet<int>();
        var position = 0;
        for (var i = 0; i < rendered.Length;)
        {
            if (rendered[i] == mark)
            {
                plain.Add(position);
                i++;
                continue;
            }

            PyText.At(rendered, i, out var used);
            text.Append(rendered, i, used);
            i += used;
            position++;
        }

        return tokenizer.EncodePartlyPlain(text.ToString(), plain.Contains).Ids;
    }

    /// <summary>A noncharacter that the conversation does not contain.</summary>
    private static char Mark(ChatRequest request)
    {
        var all = request.Messages.GetRawText() + request.Documents?.GetRawText();
        return Enumerable.Range(0xFDD0, 32).Select(c => (char)c).First(c => !all.Contains(c, StringComparison.Ordinal)
            && !all.Contains($"\\u{(int)c:x4}", StringComparison.OrdinalIgnoreCase));
    }

    private static string Marked(string s, string[] control, char mark)
    {
        var text = new StringBuilder(s.Length);
        for (var i = 0; i < s.Length;)
        {
            if (Array.Find(control, t => string.CompareOrdinal(s, i, t, 0, t.Length) == 0) is { } token)
            {
                text.Append(mark).Append(token);
                i += token.Length;
                continue;
            }

            text.Append(s[i++]);
        }

        return text.ToString();
    }
}

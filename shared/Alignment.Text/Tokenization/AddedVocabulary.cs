using Alignment.Text.Tokenization.Models;
using Alignment.Text.Tokenization.Normalizers;
using Alignment.Text.Tokenization.Patterns;

namespace Alignment.Text.Tokenization;

/// <summary>The added tokens of a tokenizer: cuts them out of texts and knows which are special.</summary>
internal sealed class AddedVocabulary
{
    private readonly Dictionary<int, AddedToken> byId = [];
    private readonly Dictionary<string, AddedToken> byContent = new(StringComparer.Ordinal);
    private readonly Dictionary<int, string> normalizedForms = [];
    private readonly HashSet<string> special = new(StringComparer.Ordinal);
    private readonly AddedTokenTrie raw = new();
    private readonly AddedTokenTrie normalized = new();
    private readonly INormalizer? normalizer;

    public AddedVocabulary(IReadOnlyList<AddedToken> tokens, INormalizer? normalizer)
    {
        this.normalizer = normalizer;
        foreach (var token in tokens.Where(t => t.Content.Length > 0))
        {
            byId[token.Id] = token;
            byContent[token.Content] = token;
            if (token.Special)
            {
                special.Add(token.Content);
            }
        }

        foreach (var token in byId.Values)
        {
            if (!token.Normalized)
            {
                raw.Add(CodePoints.Of(token.Content), token);
                continue;
            }

            var form = token.Content;
            if (normalizer is not null)
            {
                var text = AlignedText.Of(token.Content);
                form = CodePoints.ToText(normalizer.Normalize(new(text, 0, text.Count)).Chars);
                if (form != token.Content)
                {
                    normalizedForms[token.Id] = form;
                }
            }

            normalized.Add(CodePoints.Of(form), token);
        }
    }

    public IReadOnlyCollection<AddedToken> Tokens => byId.Values;

    public int? TokenToId(string content) => byContent.TryGetValue(content, out var t) ? t.Id : null;

    public string? Content(int id) => byId.TryGetValue(id, out var t) ? t.Content : null;

    /// <summary>The form that goes to the decoder: the normalised one where the token was normalised on the way in.</summary>
    public string? DecodedForm(int id) => normalizedForms.TryGetValue(id, out var form) ? form : Content(id);

    public bool IsSpecial(string token) => special.Contains(token);

    /// <summary>Number of ids beyond the model's own vocabulary.</summary>
    public int CountBeyond(ITokenModel model) => byContent.Keys.Count(c => model.TokenToId(c) is null);

    /// <summary>Added tokens as finished pieces, everything else normalised and waiting for the pre-tokenizer.</summary>
    /// <param name="isPlain">Whether what begins at this code point of the text is plain text even if it spells an added token.</param>
    public List<Piece> Extract(string text, Func<int, bool>? isPlain = null)
    {
        var original = AlignedText.Of(text);
        var pieces = new List<Piece>();
        foreach (var part in Cut(raw, [new Piece(original, 0, original.Count)], isPlain))
        {
            pieces.Add(part.Tokens is null && normalizer is not null ? normalizer.Normalize(part) : part);
        }

        return Cut(normalized, pieces, isPlain);
    }

    private static List<Piece> Cut(AddedTokenTrie trie, List<Piece> pieces, Func<int, bool>? isPlain)
    {
        var result = new List<Piece>();
        foreach (var piece in pieces)
        {
            if (piece.Tokens is not null)
            {
                result.Add(piece);
            }
            else if (piece.Length > 0)
            {
                Cut(trie, piece, result, isPlain);
            }
        }

        return result;
    }

    private static void Cut(AddedTokenTrie trie, Piece piece, List<Piece> result, Func<int, bool>? isPlain)
    {
        if (trie.IsEmpty)
        {
            result.Add(piece);
            return;
        }

        var text = piece.Chars;
        var done = 0;
        for (var at = 0; trie.Find(text, at, out var start, out var end, out var token);)
        {
            if (isPlain is not null && isPlain(piece.Offsets(start, end).Start))
            {
                at = start + 1;
                continue;
            }

            at = end;
            if (token.SingleWord && ((start > 0 && CharProperties.IsRustWord(text[start - 1])) || (end < text.Length && CharProperties.IsRustWord(text[end]))))
            {
                continue;
            }

            if (token.StripLeft)
            {
                while (start > 0 && CharProperties.IsSpace(text[start - 1]))
                {
                    start--;
                }

                // Blanks that the token before took are not taken twice.
                start = Math.Max(start, done);
            }

            while (token.StripRight && end < text.Length && CharProperties.IsSpace(text[end]))
            {
                end++;
            }

            if (done < start)
            {
                result.Add(piece.Slice(done, start));
            }

            if (end > start)
            {
                result.Add(piece.Slice(start, end) with { Tokens = [new(token.Id, CodePoints.ToText(text[start..end]), 0, end - start)] });
            }

            done = end;
        }

        if (done < text.Length)
        {
            result.Add(piece.Slice(done, text.Length));
        }
    }
}

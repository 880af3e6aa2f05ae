using System.Collections.Concurrent;
using System.Text;

namespace Alignment.Text.Tokenization.Models;

/// <summary>Unigram language model (Kudo 2018): the segmentation of highest total score, by Viterbi.</summary>
internal sealed class UnigramModel : ITokenModel
{
    private const double UnknownPenalty = 10;
    private const int CacheEntries = 20_000;
    private const int CachedLength = 64;

    private readonly List<(string Piece, double Score)> pieces;
    private readonly Dictionary<string, int> ids;
    private readonly PieceTrie trie;
    private readonly double unknownScore;
    private readonly int? unknownId;
    private readonly int[]? byteIds;
    private readonly ConcurrentDictionary<string, Token[]> cache = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Token[]>.AlternateLookup<ReadOnlySpan<char>> cacheBySpan;
    private int cached;

    public UnigramModel(List<(string Piece, double Score)> pieces, int? unknownId, bool byteFallback)
    {
        if (unknownId >= pieces.Count)
        {
            throw new TokenizerException($"tokenizer.json: model.unk_id is {unknownId}, but there are {pieces.Count} pieces.");
        }

        this.pieces = pieces;
        this.unknownId = unknownId;
        cacheBySpan = cache.GetAlternateLookup<ReadOnlySpan<char>>();
        ids = new(pieces.Count, StringComparer.Ordinal);
        trie = new(pieces.Count * 4);
        var least = double.PositiveInfinity;
        for (var id = 0; id < pieces.Count; id++)
        {
            var (piece, score) = pieces[id];
            ids[piece] = id;
            if (piece.Length > 0)
            {
                trie.Add(CodePoints.Of(piece), id);
            }

            least = Math.Min(least, score);
        }

        unknownScore = least - UnknownPenalty;
        byteIds = byteFallback ? [.. Enumerable.Range(0, 256).Select(b => ids.GetValueOrDefault($"<0x{b:X2}>", -1))] : null;
    }

    public int VocabularySize => pieces.Count;

    public IReadOnlyList<(string Piece, double Score)> Pieces => pieces;

    public int? TokenToId(string token) => ids.TryGetValue(token, out var id) ? id : null;

    public string? IdToToken(int id) => (uint)id < (uint)pieces.Count ? pieces[id].Piece : null;

    public Token[] Tokenize(ReadOnlySpan<int> word)
    {
        if (word.Length > CachedLength)
        {
            return Segment(word);
        }

        Span<char> buffer = stackalloc char[CachedLength * 2];
        var text = buffer[..CodePoints.ToUtf16(word, buffer)];
        if (!cacheBySpan.TryGetValue(text, out var tokens))
        {
            tokens = Segment(word);
            if (cached < CacheEntries && cache.TryAdd(text.ToString(), tokens))
            {
                cached++;
            }
        }

        return tokens;
    }

    private Token[] Segment(ReadOnlySpan<int> word)
    {
        var n = word.Length;
        var score = new double[n + 1];
        var start = new int[n + 1];
        var id = new int[n + 1];
        Array.Fill(start, -1);
        for (var i = 0; i < n; i++)
        {
            var single = false;
            var node = 0;
            for (var j = i; j < n && (node = trie.Step(node, word[j])) >= 0; j++)
            {
                if (trie.Value(node) is >= 0 and var piece)
                {
                    Offer(j + 1, i, piece, pieces[piece].Score + score[i]);
                    single |= j == i;
                }
            }

            if (!single)
            {
                Offer(i + 1, i, unknownId ?? throw new TokenizerException("tokenizer.json: the text has a character without a piece, and model.unk_id is missing."), unknownScore + score[i]);
            }
        }

        void Offer(int end, int from, int piece, double candidate)
        {
            if (start[end] < 0 || candidate > score[end])
            {
                (score[end], start[end], id[end]) = (candidate, from, piece);
            }
        }

        return Collect(word, start, id);
    }

    // Neighbouring unknown pieces become one.
    private Token[] Collect(ReadOnlySpan<int> word, int[] start, int[] id)
    {
        var cuts = new List<(int Start, int End)>();
        for (var end = word.Length; end > 0;)
        {
            var from = start[end];
            if (id[end] == unknownId)
            {
                while (from > 0 && id[from] == unknownId)
                {
                    from = start[from];
                }
            }

            cuts.Add((from, end));
            end = from;
        }

        cuts.Reverse();
        var tokens = new List<Token>(cuts.Count);
        foreach (var (from, to) in cuts)
        {
            var text = CodePoints.ToText(word[from..to]);
            if (ids.TryGetValue(text, out var known))
            {
                tokens.Add(new(known, text, from, to));
            }
            else if (byteIds is not null && Encoding.UTF8.GetBytes(text) is var utf8 && Array.TrueForAll(utf8, b => byteIds[b] >= 0))
            {
                tokens.AddRange(utf8.Select(b => new Token(byteIds[b], $"<0x{b:X2}>", from, to)));
            }
            else
            {
                tokens.Add(new(unknownId ?? throw new TokenizerException("tokenizer.json: model.unk_id is missing."), text, from, to));
            }
        }

        return [.. tokens];
    }
}

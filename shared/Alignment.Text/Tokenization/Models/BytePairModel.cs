using System.Collections.Concurrent;

namespace Alignment.Text.Tokenization.Models;

/// <summary>Byte-pair encoding (Sennrich et al. 2016) with the variants of GPT-2, Llama and SentencePiece files.</summary>
internal sealed class BytePairModel : ITokenModel
{
    private const int CacheEntries = 50_000;
    private const int CachedLength = 64;
    private const int StackLength = 256;

    private readonly Vocabulary vocabulary;
    private readonly BytePairMerges merges;
    private readonly BytePairOptions options;
    private readonly Dictionary<int, int> singles = [];
    private readonly int[] lowSingles = new int[0x200];
    private readonly int[]? byteIds;
    private readonly int? unknownId;
    private readonly ConcurrentDictionary<string, Token[]> cache = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Token[]>.AlternateLookup<ReadOnlySpan<char>> cacheBySpan;
    private int cached;

    public BytePairModel(Vocabulary vocabulary, IReadOnlyList<(string Left, string Right)> mergeList, BytePairOptions options)
    {
        this.vocabulary = vocabulary;
        this.options = options;
        cacheBySpan = cache.GetAlternateLookup<ReadOnlySpan<char>>();
        merges = new(MergeTable(vocabulary, mergeList, options.ContinuingSubwordPrefix?.Length ?? 0));
        Array.Fill(lowSingles, -1);
        foreach (var (token, id) in vocabulary.Ids)
        {
            if (token.Length == 1 || (token.Length == 2 && char.IsSurrogatePair(token, 0)))
            {
                var c = char.ConvertToUtf32(token, 0);
                singles[c] = id;
                if (c < lowSingles.Length)
                {
                    lowSingles[c] = id;
                }
            }
        }

        unknownId = options.UnknownToken is { } unknown ? vocabulary.Id(unknown) : null;
        byteIds = options.ByteFallback ? [.. Enumerable.Range(0, 256).Select(b => vocabulary.Id($"<0x{b:X2}>") ?? -1)] : null;
    }

    public int VocabularySize => vocabulary.Count;

    public Vocabulary Vocabulary => vocabulary;

    public int? TokenToId(string token) => vocabulary.Id(token);

    public string? IdToToken(int id) => vocabulary.Token(id);

    public Token[] Tokenize(ReadOnlySpan<int> word)
    {
        if (word.IsEmpty)
        {
            return [];
        }

        var buffer = word.Length <= StackLength ? stackalloc char[StackLength * 2] : new char[word.Length * 2];
        var text = buffer[..CodePoints.ToUtf16(word, buffer)];
        if (options.IgnoreMerges && vocabulary.TryGet(text, out var whole))
        {
            return [new(whole, vocabulary.Token(whole)!, 0, word.Length)];
        }

        if (word.Length > CachedLength)
        {
            return Merge(word);
        }

        if (!cacheBySpan.TryGetValue(text, out var tokens))
        {
            tokens = Merge(word);
            if (cached < CacheEntries && cache.TryAdd(text.ToString(), tokens))
            {
                cached++;
            }
        }

        return tokens;
    }

    private static PairTable MergeTable(Vocabulary vocabulary, IReadOnlyList<(string Left, string Right)> list, int prefix)
    {
        var table = new PairTable(list.Count);
        Span<char> joined = new char[256];
        for (var rank = 0; rank < list.Count; rank++)
        {
            var (left, right) = list[rank];
            if (vocabulary.Id(left) is not { } a || vocabulary.Id(right) is not { } b)
            {
                throw new TokenizerException($"tokenizer.json: merge {rank + 1} (\"{left}\", \"{right}\") uses a token that is not in the vocabulary.");
            }

            var tail = prefix > 0 && right.Length >= prefix ? right.AsSpan(prefix) : right;
            if (joined.Length < left.Length + tail.Length)
            {
                joined = new char[(left.Length + tail.Length) * 2];
            }

            left.CopyTo(joined);
            tail.CopyTo(joined[left.Length..]);
            if (!vocabulary.TryGet(joined[..(left.Length + tail.Length)], out var id))
            {
                throw new TokenizerException($"tokenizer.json: merge {rank + 1} makes \"{left}{tail}\", which is not in the vocabulary.");
            }

            table.Set(a, b, rank, id);
        }

        return table;
    }

    private Token[] Merge(ReadOnlySpan<int> word)
    {
        var symbols = new Symbols(word.Length);
        var unknownLength = -1;
        for (var i = 0; i < word.Length; i++)
        {
            var bytes = CodePoints.Utf8Length(word[i]);
            var id = Symbol(word, i);
            if (id >= 0)
            {
                if (unknownLength >= 0)
                {
                    symbols.Add(unknownId!.Value, unknownLength);
                    unknownLength = -1;
                }

                symbols.Add(id, bytes);
            }
            else if (byteIds is null || !SpellBytes(word, i, symbols))
            {
                unknownLength = Unknown(symbols, unknownLength, bytes);
            }
        }

        if (unknownLength >= 0)
        {
            symbols.Add(unknownId!.Value, unknownLength);
        }

        return Tokens(word, symbols);
    }

    // Lengths are UTF-8 bytes, as upstream counts them, because fallback tokens cover one byte each.
    private Token[] Tokens(ReadOnlySpan<int> word, Symbols symbols)
    {
        var n = merges.Apply(symbols.Ids.AsSpan(0, symbols.Count), symbols.Lengths.AsSpan(0, symbols.Count));
        var tokens = new Token[n];
        int at = 0, index = 0, indexByte = 0;
        for (var i = 0; i < n; i++)
        {
            var (start, end) = (at, at + symbols.Lengths[i]);
            while (index < word.Length && indexByte + CodePoints.Utf8Length(word[index]) <= start)
            {
                indexByte += CodePoints.Utf8Length(word[index++]);
            }

            var (last, lastByte) = (index, indexByte);
            while (last < word.Length && lastByte < end)
            {
                lastByte += CodePoints.Utf8Length(word[last++]);
            }

            tokens[i] = new(symbols.Ids[i], vocabulary.Token(symbols.Ids[i])!, index, last);
            at = end;
        }

        return tokens;
    }

    private int Unknown(Symbols symbols, int pending, int bytes)
    {
        if (options.UnknownToken is null)
        {
            return -1;
        }

        if (unknownId is not { } id)
        {
            throw new TokenizerException($"tokenizer.json: model.unk_token \"{options.UnknownToken}\" is not in the vocabulary.");
        }

        if (pending >= 0 && options.FuseUnknown)
        {
            return pending + bytes;
        }

        if (pending >= 0)
        {
            symbols.Add(id, pending);
        }

        return bytes;
    }

    private int Symbol(ReadOnlySpan<int> word, int i)
    {
        var c = word[i];
        var prefix = i > 0 ? options.ContinuingSubwordPrefix : null;
        var suffix = i == word.Length - 1 ? options.EndOfWordSuffix : null;
        if (string.IsNullOrEmpty(prefix) && string.IsNullOrEmpty(suffix))
        {
            return c < lowSingles.Length ? lowSingles[c] : singles.GetValueOrDefault(c, -1);
        }

        return vocabulary.Id(prefix + CodePoints.ToText([c]) + suffix) ?? -1;
    }

    private bool SpellBytes(ReadOnlySpan<int> word, int i, Symbols symbols)
    {
        var prefix = i > 0 ? options.ContinuingSubwordPrefix : null;
        var suffix = i == word.Length - 1 ? options.EndOfWordSuffix : null;
        var utf8 = System.Text.Encoding.UTF8.GetBytes(prefix + CodePoints.ToText([word[i]]) + suffix);
        if (Array.Exists(utf8, b => byteIds![b] < 0))
        {
            return false;
        }

        foreach (var b in utf8)
        {
            symbols.Add(byteIds![b], 1);
        }

        return true;
    }

    private sealed class Symbols(int capacity)
    {
        public int[] Ids = new int[capacity];
        public int[] Lengths = new int[capacity];

        public int Count { get; private set; }

        public void Add(int id, int length)
        {
            if (Count == Ids.Length)
            {
                Array.Resize(ref Ids, Count * 2);
                Array.Resize(ref Lengths, Count * 2);
            }

            Ids[Count] = id;
            Lengths[Count++] = length;
        }
    }
}

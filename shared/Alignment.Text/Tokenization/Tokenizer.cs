using System.Text.Json;
using Alignment.Text.Tokenization.Decoders;
using Alignment.Text.Tokenization.Models;
using Alignment.Text.Tokenization.Normalizers;
using Alignment.Text.Tokenization.PostProcessors;
using Alignment.Text.Tokenization.PreTokenizers;

namespace Alignment.Text.Tokenization;

/// <summary>
/// A Hugging Face tokenizer (<c>tokenizer.json</c>): text to ids and back, with the ids, offsets and texts of the
/// tokenizers library. Immutable and thread-safe; <c>With…</c> returns changed copies.
/// </summary>
public sealed class Tokenizer
{
    internal Tokenizer(ITokenModel model, AddedVocabulary added, Serialization.ModelFile file)
    {
        Model = model;
        Added = added;
        File = file;
    }

    /// <summary>The settings of <c>tokenizer_config.json</c> beside the file; empty when there is none.</summary>
    public TokenizerSettings Settings { get; internal init; } = new();

    public Truncation? Truncation { get; internal init; }

    public Padding? Padding { get; internal init; }

    /// <summary>Number of tokens, added ones included. An embedding table may be larger.</summary>
    public int VocabularySize => Model.VocabularySize + Added.CountBeyond(Model);

    public IReadOnlyCollection<AddedToken> AddedTokens => Added.Tokens;

    public int? BosId => Find(Settings.BosToken);

    public int? EosId => Find(Settings.EosToken);

    public int? PadId => Find(Settings.PadToken);

    public int? UnknownId => Find(Settings.UnknownToken);

    internal ITokenModel Model { get; }

    internal AddedVocabulary Added { get; }

    internal INormalizer? Normalizer { get; init; }

    internal IPreTokenizer? PreTokenizer { get; init; }

    internal IPostProcessor? PostProcessor { get; init; }

    internal IDecoder? Decoder { get; init; }

    /// <summary>The JSON of every part but the model, as read, for saving.</summary>
    internal IReadOnlyDictionary<string, JsonElement> Parts { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>The model's vocabulary and merges as they are written.</summary>
    internal Serialization.ModelFile File { get; }

    /// <summary>Reads <c>tokenizer.json</c>, given itself or its folder.</summary>
    /// <exception cref="TokenizerException">The file is broken, or has a part that is not supported.</exception>
    public static Tokenizer Load(string path) => Serialization.TokenizerReader.Load(path);

    /// <summary>Reads the UTF-8 text of a <c>tokenizer.json</c>.</summary>
    public static Tokenizer Parse(ReadOnlySpan<byte> json) => Serialization.TokenizerReader.Parse(json, new());

    /// <summary>Writes <c>tokenizer.json</c>, to the path or into the folder.</summary>
    public void Save(string path) => Serialization.TokenizerWriter.Save(this, path);

    /// <summary>Tokenises one text.</summary>
    /// <param name="addSpecialTokens">Whether the post-processor adds its special tokens.</param>
    public TokenizedText Encode(string text, bool addSpecialTokens = true) => Pad(EncodeOne(text, null, addSpecialTokens));

    /// <summary>Tokenises a text in which added tokens that begin where <paramref name="isPlain"/> says are text like any other.</summary>
    internal TokenizedText EncodePartlyPlain(string text, Func<int, bool> isPlain) => Tokenize(text, 0, isPlain);

    /// <summary>Tokenises two texts into one sequence.</summary>
    public TokenizedText EncodePair(string first, string second, bool addSpecialTokens = true) => Pad(EncodeOne(first, second, addSpecialTokens));

    /// <summary>Tokenises many texts in parallel; padding goes to the longest of all.</summary>
    public IReadOnlyList<TokenizedText> EncodeBatch(IReadOnlyList<string> texts, bool addSpecialTokens = true, CancellationToken cancellationToken = default)
    {
        var result = new TokenizedText[texts.Count];
        Parallel.For(0, texts.Count, new() { CancellationToken = cancellationToken }, i => result[i] = EncodeOne(texts[i], null, addSpecialTokens));
        Padding?.Apply(result);
        return result;
    }

    /// <summary>Only the ids, for callers that need nothing else.</summary>
    public int[] EncodeIds(string text, bool addSpecialTokens = true) => Encode(text, addSpecialTokens).Ids;

    /// <summary>Ids back to text. Unknown ids are left out.</summary>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = true)
    {
        var tokens = new List<string>(ids.Length);
        foreach (var id in ids)
        {
            if ((Added.DecodedForm(id) ?? Model.IdToToken(id)) is { } token && !(skipSpecialTokens && Added.IsSpecial(token)))
            {
                tokens.Add(token);
            }
        }

        return Decoder is null ? string.Join(' ', tokens) : string.Concat(Decoder.Decode(tokens));
    }

    /// <summary>A decoder that is given one id at a time.</summary>
    public StreamDecoder CreateStream(bool skipSpecialTokens = true) => new(this, skipSpecialTokens);

    /// <summary>A decoder that hands out whole words, for terminals.</summary>
    public TextStreamer CreateTextStreamer(bool skipSpecialTokens = true) => new(this, skipSpecialTokens);

    /// <summary>
    /// Removes blanks before English punctuation and contractions, which transformers' clean_up_tokenization_spaces does for
    /// every model but byte-pair ones, whose text must stay as it is.
    /// </summary>
    public string CleanUp(string text) => Model is BytePairModel ? text : text.Replace(" .", ".", StringComparison.Ordinal).Replace(" ?", "?", StringComparison.Ordinal)
        .Replace(" !", "!", StringComparison.Ordinal).Replace(" ,", ",", StringComparison.Ordinal).Replace(" ' ", "'", StringComparison.Ordinal)
        .Replace(" n't", "n't", StringComparison.Ordinal).Replace(" 'm", "'m", StringComparison.Ordinal).Replace(" 's", "'s", StringComparison.Ordinal)
        .Replace(" 've", "'ve", StringComparison.Ordinal).Replace(" 're", "'re", StringComparison.Ordinal);

    public int? TokenToId(string token) => Added.TokenToId(token) ?? Model.TokenToId(token);

    public string? IdToToken(int id) => Added.Content(id) ?? Model.IdToToken(id);

    /// <summary>Whether an id is left out of text when special tokens are skipped.</summary>
    public bool IsSpecial(int id) => Added.Content(id) is { } content && Added.IsSpecial(content);

    public Tokenizer WithTruncation(Truncation? truncation) => Copy(truncation, Padding);

    public Tokenizer WithPadding(Padding? padding) => Copy(Truncation, padding);

    private Tokenizer Copy(Truncation? truncation, Padding? padding) => new(Model, Added, File)
    {
        Settings = Settings, Normalizer = Normalizer, PreTokenizer = PreTokenizer, PostProcessor = PostProcessor,
        Decoder = Decoder, Parts = Parts, Truncation = truncation, Padding = padding,
    };

    /// <summary>The words that the model sees: normalised and pre-tokenised.</summary>
    internal List<Piece> Words(string text, Func<int, bool>? isPlain = null)
    {
        var pieces = Added.Extract(text, isPlain);
        return PreTokenizer is null ? pieces : PreTokenizer.Apply(pieces);
    }

    private int? Find(string? token) => token is null ? null : TokenToId(token);

    private TokenizedText Pad(TokenizedText text)
    {
        Padding?.Apply([text]);
        return text;
    }

    private TokenizedText EncodeOne(string first, string? second, bool addSpecialTokens)
    {
        var a = Tokenize(first, 0);
        var b = second is null ? null : Tokenize(second, 1);
        if (Truncation is not null)
        {
            (a, b) = Truncation.Apply(a, b, addSpecialTokens ? PostProcessor?.AddedTokens(b is not null) ?? 0 : 0);
        }

        List<TokenizedText> texts = b is null ? [a] : [a, b];
        if (PostProcessor is null && b is null)
        {
            return a;
        }

        for (var i = 0; i < texts.Count; i++)
        {
            texts[i].Ranges[i] = (0, texts[i].Length);
            foreach (var window in texts[i].Overflowing)
            {
                window.Ranges[i] = (0, window.Length);
            }

            texts[i].SetTypeId(i);
        }

        texts = PostProcessor?.Process(texts, addSpecialTokens) ?? texts;
        return texts.Count == 1 ? texts[0] : texts.Aggregate((x, y) => x.Append(y));
    }

    private TokenizedText Tokenize(string text, int typeId, Func<int, bool>? isPlain = null)
    {
        var words = Words(text, isPlain);
        var tokens = new Token[words.Count][];
        var total = 0;
        for (var i = 0; i < words.Count; i++)
        {
            tokens[i] = words[i].Tokens ?? Model.Tokenize(words[i].Chars);
            total += tokens[i].Length;
        }

        var (ids, values, offsets, at) = (new int[total], new string[total], new (int, int)[total], 0);
        for (var i = 0; i < words.Count; i++)
        {
            foreach (var token in tokens[i])
            {
                ids[at] = token.Id;
                values[at] = token.Value;
                offsets[at++] = words[i].Offsets(token.Start, token.End);
            }
        }

        var types = new int[total];
        Array.Fill(types, typeId);
        var ones = new int[total];
        Array.Fill(ones, 1);
        return new(ids, values, offsets, types, new int[total], ones);
    }
}

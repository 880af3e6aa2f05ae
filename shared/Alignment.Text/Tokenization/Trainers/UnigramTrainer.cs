namespace Alignment.Text.Tokenization.Trainers;

/// <summary>
/// Learns a unigram vocabulary (Kudo 2018): repeated substrings as seeds, expectation maximisation with a sparse prior,
/// pruning of the pieces whose loss costs least. Follows the tokenizers library or SentencePiece step by step.
/// </summary>
internal sealed class UnigramTrainer
{
    private const double MinExpected = 0.5;
    private const double RequiredPenaltyStep = 0.0001;

    // Rounds that may pass without a piece less before it is clear that none will go.
    private const int IdleRounds = 50;

    /// <summary>Pieces of the result, without special tokens.</summary>
    public required int Pieces { get; init; }

    /// <summary>The whole vocabulary, special tokens included; training stops pruning at 1.1 times this.</summary>
    public required int VocabularySize { get; init; }

    public int SubIterations { get; init; } = 2;

    public double ShrinkingFactor { get; init; } = 0.75;

    public int MaxPieceLength { get; init; } = 16;

    public int SeedSize { get; init; } = 1_000_000;

    public IReadOnlyList<int> InitialAlphabet { get; init; } = [];

    /// <summary>As the tokenizers library: distinct words with how often each occurs.</summary>
    public List<(string Piece, double Score)> Train(IReadOnlyList<(int[] Word, long Count)> words, CancellationToken cancellationToken = default)
    {
        // While it trains, the library has an <UNK> of its own in front, which counts as a piece.
        List<UnigramPiece> seeds = [new([], double.NaN), .. UnigramSeeds.OfWords(words, MaxPieceLength, SeedSize)];
        int[] required = [.. words.SelectMany(w => w.Word).Concat(InitialAlphabet).Distinct().Order()];
        if (required.Length > VocabularySize)
        {
            throw new ArgumentException($"A vocabulary of {VocabularySize} is too small for {required.Length} different characters.");
        }

        var fitted = Fit(seeds, words, VocabularySize * 11 / 10, n => (int)(n * ShrinkingFactor), sentencePiece: false, cancellationToken);
        var result = Required(fitted, required, d => d);
        foreach (var piece in fitted.Skip(1))
        {
            if (result.TryAdd(CodePoints.ToText(piece.Chars), piece.Score) && result.Count == Pieces)
            {
                break;
            }
        }

        return Sorted(result);
    }

    /// <summary>As SentencePiece: sentences of normalised characters, in which <see cref="SentencePieceRules.Unknown"/> stands for what may not be learnt.</summary>
    /// <param name="sentences">Where seeds are looked for.</param>
    /// <param name="required">Characters that must be in the vocabulary, the most frequent first.</param>
    public List<(string Piece, double Score)> Train(
        IReadOnlyList<int[]> sentences, SentencePieceRules rules, IReadOnlyList<int> required, CancellationToken cancellationToken = default)
    {
        List<(int[], long)> whole = [.. sentences.Select(s => (s, 1L))];
        var seeds = UnigramSeeds.OfSentences(whole, rules, SeedSize);
        // No piece goes from one word into the next, so distinct words with their counts say the same as the sentences.
        var words = rules.SplitByWhitespace ? rules.WordCounts(sentences) : whole;
        var fitted = Fit(seeds, words, (int)(VocabularySize * 1.1), n => (int)((float)ShrinkingFactor * n), sentencePiece: true, cancellationToken);
        fitted = UnigramPruning.Reachable(fitted);
        var result = Required(fitted, required, d => (float)d);
        foreach (var piece in fitted.OrderByDescending(p => p.Score).ThenBy(p => p.Chars, UnigramSeeds.Lexical))
        {
            var text = CodePoints.ToText(piece.Chars);
            if (!result.ContainsKey(text) && result.Count == Pieces)
            {
                break;
            }

            result.TryAdd(text, piece.Score);
        }

        return Sorted(result);
    }

    private List<UnigramPiece> Fit(
        List<UnigramPiece> pieces, IReadOnlyList<(int[] Word, long Count)> words, int desired, Func<int, int> shrink, bool sentencePiece, CancellationToken cancellationToken)
    {
        for (var idle = 0; ;)
        {
            for (var i = 0; i < SubIterations; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                pieces = Maximise(pieces, words, sentencePiece);
            }

            // SentencePiece prunes once more when the size is reached.
            if (!sentencePiece && pieces.Count <= desired)
            {
                return pieces;
            }

            var before = pieces.Count;
            pieces = UnigramPruning.Prune(pieces, words, Math.Max(desired, shrink(pieces.Count)), sentencePiece);
            if (sentencePiece && pieces.Count <= desired)
            {
                return pieces;
            }

            idle = pieces.Count == before ? idle + 1 : 0;
            if (idle > IdleRounds)
            {
                throw new ArgumentException($"A vocabulary of {VocabularySize} is too small: {pieces.Count} pieces cannot be replaced by others.");
            }
        }
    }

    // One step of expectation maximisation; pieces used less than half a time on average go. The digamma instead of the logarithm
    // is the variational step with a Dirichlet prior (Liang, Klein 2007), which makes rare pieces rarer.
    private static List<UnigramPiece> Maximise(List<UnigramPiece> pieces, IReadOnlyList<(int[] Word, long Count)> words, bool sentencePiece)
    {
        double Round(double value) => sentencePiece ? (float)value : value;
        var lattice = new UnigramLattice(pieces, sentencePiece);
        var expected = new double[pieces.Count];
        foreach (var (word, count) in words)
        {
            lattice.Open(word);
            lattice.Expect(count, expected);
        }

        var kept = new List<UnigramPiece>();
        var sum = 0.0;
        for (var i = 0; i < pieces.Count; i++)
        {
            if (double.IsNaN(pieces[i].Score))
            {
                kept.Add(pieces[i]);
            }
            else if (expected[i] >= MinExpected)
            {
                kept.Add(pieces[i] with { Score = expected[i] });
                sum = Round(sum + expected[i]);
            }
        }

        var logSum = Round(Digamma(sum));
        return [.. kept.Select(p => p with { Score = Round(Digamma(p.Score) - logSum) })];
    }

    private static double Digamma(double x)
    {
        if (double.IsNaN(x))
        {
            return x;
        }

        var result = 0.0;
        for (; x < 7; x++)
        {
            result -= 1 / x;
        }

        x -= 1.0 / 2;
        var xx = 1 / x;
        var xx2 = xx * xx;
        var xx4 = xx2 * xx2;
        return result + (Math.Log(x) + (1.0 / 24 * xx2) - (7.0 / 960 * xx4) + (31.0 / 8064 * xx4 * xx2) - (127.0 / 30720 * xx4 * xx4));
    }

    // A required character that training dropped comes back below all others, each a little above the one before.
    private static Dictionary<string, double> Required(List<UnigramPiece> pieces, IReadOnlyList<int> required, Func<double, double> round)
    {
        var scores = pieces.Where(p => p.Chars.Length == 1).ToDictionary(p => p.Chars[0], p => p.Score);
        var least = pieces.Where(p => !double.IsNaN(p.Score)).Select(p => p.Score).DefaultIfEmpty(0).Min();
        var result = new Dictionary<string, double>(StringComparer.Ordinal);
        var penalty = 0.0;
        foreach (var c in required)
        {
            if (!scores.TryGetValue(c, out var score))
            {
                score = round(least + penalty);
                penalty = round(penalty + round(RequiredPenaltyStep));
            }

            result[CodePoints.ToText([c])] = score;
        }

        return result;
    }

    private static List<(string Piece, double Score)> Sorted(Dictionary<string, double> pieces) =>
        [.. pieces.Select(p => (Chars: CodePoints.Of(p.Key), p.Value, p.Key)).OrderByDescending(p => p.Value).ThenBy(p => p.Chars, UnigramSeeds.Lexical).Select(p => (p.Key, p.Value))];
}

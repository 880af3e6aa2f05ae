namespace Alignment.Text.Tokenization.Trainers;

/// <summary>
/// Learns a unigram vocabulary (Kudo 2018): repeated substrings as seeds, expectation maximisation with a sparse prior,
/// pruning of the pieces whose loss costs least. Follows the tokenizers library, or SentencePiece where asked.
/// </summary>
internal sealed class UnigramTrainer
{
    private const double MinExpected = 0.5;
    private const double RequiredPenaltyStep = 0.0001;

    /// <summary>Pieces of the result, without special tokens.</summary>
    public required int Pieces { get; init; }

    /// <summary>The whole vocabulary, special tokens included; training stops pruning at 1.1 times this.</summary>
    public required int VocabularySize { get; init; }

    public int SubIterations { get; init; } = 2;

    public double ShrinkingFactor { get; init; } = 0.75;

    public int MaxPieceLength { get; init; } = 16;

    public int SeedSize { get; init; } = 1_000_000;

    public IReadOnlyList<int> InitialAlphabet { get; init; } = [];

    /// <summary>SentencePiece's order of seeds and choice of the final pieces; default the tokenizers library's.</summary>
    public bool SentencePieceOrder { get; init; }

    /// <summary>Which substrings may be pieces, given the joined text, start and length.</summary>
    public Func<int[], int, int, bool> IsValid { get; init; } = (_, _, _) => true;

    /// <param name="seedTexts">Where seeds are looked for, with frequencies for single characters.</param>
    /// <param name="words">What the model is fitted to.</param>
    public List<(string Piece, double Score)> Train(IReadOnlyList<(int[] Word, long Count)> seedTexts, IReadOnlyList<(int[] Word, long Count)> words, CancellationToken cancellationToken = default)
    {
        // The tokenizers library counts its own <UNK> as a piece while training.
        var own = SentencePieceOrder ? 0 : 1;
        var desired = VocabularySize * 11 / 10;
        var pieces = Seeds(seedTexts);
        var required = Required(seedTexts);
        if (required.Count > VocabularySize)
        {
            throw new ArgumentException($"A vocabulary of {VocabularySize} is too small for {required.Count} different characters.");
        }

        while (true)
        {
            for (var i = 0; i < SubIterations; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                pieces = Maximise(pieces, words);
            }

            if (pieces.Count + own <= desired)
            {
                return Finish(pieces, required);
            }

            pieces = Prune(pieces, words, Math.Max(desired, (int)((pieces.Count + own) * ShrinkingFactor)) - own);
        }
    }

    private static double Digamma(double x)
    {
        var result = 0.0;
        for (; x < 7; x++)
        {
            result -= 1 / x;
        }

        x -= 0.5;
        var xx2 = 1 / x / x;
        var xx4 = xx2 * xx2;
        return result + Math.Log(x) + (xx2 / 24) - (7.0 / 960 * xx4) + (31.0 / 8064 * xx4 * xx2) - (127.0 / 30720 * xx4 * xx4);
    }

    private static int Compare(ReadOnlySpan<int> a, ReadOnlySpan<int> b) => a.SequenceCompareTo(b);

    private List<(int[] Piece, double Score)> Seeds(IReadOnlyList<(int[] Word, long Count)> texts)
    {
        var characters = new Dictionary<int, long>();
        foreach (var (text, count) in texts)
        {
            foreach (var c in text)
            {
                characters[c] = characters.GetValueOrDefault(c) + count;
            }
        }

        var seeds = (SentencePieceOrder ? characters.OrderByDescending(c => c.Value).ThenBy(c => c.Key) : characters.OrderByDescending(c => c.Value).ThenByDescending(c => c.Key))
            .Select(c => (Piece: new[] { c.Key }, Score: (double)c.Value)).ToList();
        var (all, nodes) = RepeatedSubstrings.Find(texts.Select(t => t.Word), MaxPieceLength);
        var longer = nodes.Where(n => IsValid(all, n.Start, n.Length)).Select(n => (Piece: all[n.Start..(n.Start + n.Length)], Score: (double)n.Count * n.Length)).ToList();
        var ordered = SentencePieceOrder
            ? longer.OrderByDescending(s => s.Score)
            : longer.OrderByDescending(s => s.Score).ThenByDescending(s => s.Piece, Comparer<int[]>.Create((a, b) => Compare(a, b)));
        seeds.AddRange(ordered.Take(Math.Max(0, SeedSize - (SentencePieceOrder ? 0 : seeds.Count))));
        var logSum = Math.Log(seeds.Sum(s => s.Score));
        return [.. seeds.Select(s => (s.Piece, Math.Log(s.Score) - logSum))];
    }

    private List<(int Char, long Count)> Required(IReadOnlyList<(int[] Word, long Count)> texts)
    {
        var counts = InitialAlphabet.Distinct().ToDictionary(c => c, _ => 0L);
        foreach (var (text, count) in texts)
        {
            foreach (var c in text)
            {
                counts[c] = counts.GetValueOrDefault(c) + count;
            }
        }

        return [.. counts.OrderByDescending(c => c.Value).ThenBy(c => c.Key).Select(c => (c.Key, c.Value))];
    }

    private static List<(int[] Piece, double Score)> Maximise(List<(int[] Piece, double Score)> pieces, IReadOnlyList<(int[] Word, long Count)> words)
    {
        var model = new UnigramEstimator(pieces);
        var expected = new double[pieces.Count];
        foreach (var (word, count) in words)
        {
            model.Expect(word, count, expected);
        }

        var kept = pieces.Select((p, i) => (p.Piece, Score: expected[i])).Where(p => p.Score >= MinExpected).ToList();
        var logSum = Digamma(kept.Sum(p => p.Score));
        return [.. kept.Select(p => (p.Piece, Digamma(p.Score) - logSum))];
    }

    private static List<(int[] Piece, double Score)> Prune(List<(int[] Piece, double Score)> pieces, IReadOnlyList<(int[] Word, long Count)> words, int size)
    {
        var model = new UnigramEstimator(pieces);
        var frequency = new double[pieces.Count];
        var share = new double[pieces.Count];
        double unknown = 0, total = 0;
        foreach (var (word, count) in words)
        {
            total += count;
            foreach (var id in model.Best(word) ?? [])
            {
                if (id == UnigramEstimator.Unknown)
                {
                    unknown += count;
                    continue;
                }

                frequency[id] += count;
                share[id] += count;
            }
        }

        var sum = frequency.Sum() + unknown;
        double Frequency(int id) => id == UnigramEstimator.Unknown ? unknown : frequency[id];
        var kept = new List<(int[] Piece, double Score)>();
        var candidates = new List<(int Id, double Loss)>();
        for (var i = 0; i < pieces.Count; i++)
        {
            // How the piece would be written without it. A piece that its own parts beat anyway is worth keeping only while it is used.
            var best = model.Best(pieces[i].Piece)!;
            var alternative = best.Count == 1 ? model.Best(pieces[i].Piece, withoutWhole: true) : null;
            if (frequency[i] == 0 && best.Count > 1)
            {
                continue;
            }

            if (alternative is null)
            {
                kept.Add(pieces[i]);
            }
            else if (share[i] > 0)
            {
                var logSum = Math.Log(sum + (frequency[i] * (alternative.Count - 1)));
                var after = alternative.Sum(a => Math.Log(Frequency(a) + frequency[i]) - logSum);
                candidates.Add((i, share[i] / total * (Math.Log(frequency[i]) - Math.Log(sum) - after)));
            }
        }

        kept.AddRange(candidates.OrderByDescending(c => c.Loss).Take(Math.Max(0, size - kept.Count)).Select(c => pieces[c.Id]));
        return kept;
    }

    private List<(string Piece, double Score)> Finish(List<(int[] Piece, double Score)> pieces, List<(int Char, long Count)> required)
    {
        var result = new Dictionary<string, double>(StringComparer.Ordinal);
        var scores = pieces.ToDictionary(p => CodePoints.ToText(p.Piece), p => p.Score, StringComparer.Ordinal);
        var least = scores.Values.DefaultIfEmpty(0).Min();
        var penalty = 0.0;
        foreach (var (c, _) in required)
        {
            var text = CodePoints.ToText([c]);
            if (scores.TryGetValue(text, out var score))
            {
                result[text] = score;
            }
            else
            {
                result[text] = least + penalty;
                penalty += RequiredPenaltyStep;
            }
        }

        foreach (var (piece, score) in SentencePieceOrder ? scores.OrderByDescending(s => s.Value).ThenBy(s => s.Key, StringComparer.Ordinal) : scores.AsEnumerable())
        {
            if (SentencePieceOrder && result.Count >= Pieces)
            {
                break;
            }

            if (result.TryAdd(piece, score) && result.Count == Pieces)
            {
                break;
            }
        }

        return [.. result.OrderByDescending(r => r.Value).ThenBy(r => r.Key, StringComparer.Ordinal).Select(r => (r.Key, r.Value))];
    }
}

using System.Text;

namespace Alignment.Text.Tokenization.Trainers;

/// <summary>
/// Learns the unigram vocabulary that Google's SentencePiece trainer (0.2.3) learns from the same lines (identity normalisation, one
/// thread, no shuffling), in id order behind the three control pieces. Deterministic. Earlier releases choose other pieces.
/// </summary>
internal sealed record SentencePieceTrainer
{
    private static readonly string[] Control = ["<unk>", "<s>", "</s>"];

    /// <summary>Number of ids, control pieces included; fewer result where the text has no more.</summary>
    public int VocabularySize { get; init; } = 8000;

    public SentencePieceRules Rules { get; init; } = new();

    /// <summary>Share of the text's characters that must be pieces; rarer ones are unknown.</summary>
    public double CharacterCoverage { get; init; } = 0.9995;

    public bool AddDummyPrefix { get; init; } = true;

    /// <summary>Blanks at both ends go, runs of blanks become one.</summary>
    public bool RemoveExtraWhitespaces { get; init; } = true;

    /// <summary>Longer lines, in UTF-8 bytes, are left out.</summary>
    public int MaxSentenceLength { get; init; } = 4192;

    public int SubIterations { get; init; } = 2;

    public double ShrinkingFactor { get; init; } = 0.75;

    public int SeedSize { get; init; } = 1_000_000;

    /// <summary>Makes blanks visible, removes superfluous ones and puts one in front (behind, where blanks are suffixes).</summary>
    public int[] Normalize(string line)
    {
        var text = line;
        if (RemoveExtraWhitespaces)
        {
            text = string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        }

        if (text.Length == 0)
        {
            return [];
        }

        text = text.Replace(' ', '▁');
        return CodePoints.Of(!AddDummyPrefix ? text : Rules.BlankIsSuffix ? text + '▁' : '▁' + text);
    }

    public List<(string Piece, double Score)> Train(IEnumerable<string> lines, CancellationToken cancellationToken = default)
    {
        List<int[]> sentences = [.. lines.Where(l => l.Length > 0 && Encoding.UTF8.GetByteCount(l) <= MaxSentenceLength && !l.Contains('▅'))
            .Select(Normalize).Where(s => s.Length > 0)];
        sentences = [.. sentences.Select(WithoutControl)];
        var required = Required(sentences);
        if (required.Count + Control.Length > VocabularySize)
        {
            throw new ArgumentException($"A vocabulary of {VocabularySize} is too small for {required.Count} different characters and {Control.Length} control pieces.");
        }

        var allowed = required.ToHashSet();
        sentences = [.. sentences.Select(s => Array.ConvertAll(s, c => allowed.Contains(c) ? c : SentencePieceRules.Unknown))];
        return new UnigramTrainer
        {
            VocabularySize = VocabularySize, Pieces = VocabularySize - Control.Length, SubIterations = SubIterations,
            ShrinkingFactor = ShrinkingFactor, SeedSize = SeedSize,
        }.Train(sentences, Rules, required, cancellationToken);
    }

    // Text that spells a control piece may not be learnt.
    private static int[] WithoutControl(int[] sentence)
    {
        var text = CodePoints.ToText(sentence);
        return Control.Any(text.Contains) ? CodePoints.Of(Control.Aggregate(text, (t, c) => t.Replace(c, "▅", StringComparison.Ordinal))) : sentence;
    }

    // The most frequent characters first, until they cover enough of the text.
    private List<int> Required(List<int[]> sentences)
    {
        var counts = new Dictionary<int, long>();
        foreach (var c in sentences.SelectMany(s => s).Where(c => c is not (0 or SentencePieceRules.Unknown)))
        {
            counts[c] = counts.GetValueOrDefault(c) + 1;
        }

        var all = counts.Values.Sum();
        var covered = 0L;
        var required = new List<int>();
        foreach (var (c, count) in counts.OrderByDescending(c => c.Value).ThenBy(c => c.Key))
        {
            if ((float)(1.0 * covered / all) >= (float)CharacterCoverage)
            {
                break;
            }

            covered += count;
            required.Add(c);
        }

        return required;
    }
}

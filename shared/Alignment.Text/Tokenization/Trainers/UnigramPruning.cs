namespace Alignment.Text.Tokenization.Trainers;

/// <summary>Which pieces may go: those whose removal lowers the likelihood of the corpus least (Kudo 2018, §3.2).</summary>
internal static class UnigramPruning
{
    /// <summary>The pieces kept: first those without a replacement in their order, then the others by what their loss costs, up to the size.</summary>
    public static List<UnigramPiece> Prune(List<UnigramPiece> pieces, IReadOnlyList<(int[] Word, long Count)> words, int size, bool sentencePiece)
    {
        var lattice = new UnigramLattice(pieces, sentencePiece);
        var replacements = pieces.Select(p => Replacement(lattice, p)).ToList();
        var frequency = new double[pieces.Count];
        var total = 0L;
        foreach (var (word, count) in words)
        {
            total += count;
            lattice.Open(word);
            foreach (var id in lattice.Best())
            {
                frequency[id] += count;
            }
        }

        var kept = new List<UnigramPiece>();
        var candidates = new List<(int Id, double Loss)>();
        var sum = frequency.Sum();
        for (var i = 0; i < pieces.Count; i++)
        {
            var (fate, parts) = replacements[i];
            if (fate == Fate.Always || (fate == Fate.Single && (!sentencePiece || frequency[i] > 0)) || (fate == Fate.Split && !sentencePiece && frequency[i] > 0))
            {
                kept.Add(pieces[i]);
            }
            else if (fate == Fate.Replaceable && frequency[i] > 0)
            {
                candidates.Add((i, sentencePiece ? SingleLoss(i, parts, frequency, (float)sum) : Loss(i, parts, frequency, sum, total)));
            }
        }

        // A list that is already longer keeps every candidate, as both libraries do: they only stop where the size is met exactly.
        var room = kept.Count > size ? candidates.Count : size - kept.Count;
        kept.AddRange(candidates.OrderByDescending(c => c.Loss).Take(room).Select(c => pieces[c.Id]));
        return kept;
    }

    /// <summary>Without the pieces that their own parts beat: no segmentation would ever use them.</summary>
    public static List<UnigramPiece> Reachable(List<UnigramPiece> pieces)
    {
        var lattice = new UnigramLattice(pieces, singlePrecision: true);
        return [.. pieces.Where(p =>
        {
            lattice.Open(p.Chars);
            return !(lattice.ScoreInParts() > p.Score);
        })];
    }

    private enum Fate
    {
        /// <summary>The unknown piece.</summary>
        Always,

        /// <summary>A piece that nothing else can write.</summary>
        Single,

        /// <summary>A piece that its own parts beat.</summary>
        Split,

        Replaceable,
    }

    private static (Fate, List<int>) Replacement(UnigramLattice lattice, UnigramPiece piece)
    {
        if (double.IsNaN(piece.Score))
        {
            return (Fate.Always, []);
        }

        lattice.Open(piece.Chars);
        var best = lattice.BestTwo();
        return best.Count == 1 ? (Fate.Single, []) : best[0].Count > 1 ? (Fate.Split, []) : (Fate.Replaceable, best[1]);
    }

    // The tokenizers library adds the frequency once per piece of the vocabulary, not once per part of the replacement
    // (it takes the length of the wrong list). That decides what it learns, so it is kept.
    private static double Loss(int id, List<int> parts, double[] frequency, double sum, long total)
    {
        var before = Math.Log(frequency[id]) - Math.Log(sum);
        var logSum = Math.Log(sum + (frequency[id] * (frequency.Length - 1)));
        var after = 0.0;
        foreach (var p in parts)
        {
            after += Math.Log(frequency[p] + frequency[id]) - logSum;
        }

        return frequency[id] / total * (before - after);
    }

    private static double SingleLoss(int id, List<int> parts, double[] frequency, float sum)
    {
        var own = (float)frequency[id];
        var before = (float)(Math.Log(own) - (float)Math.Log(sum));
        var logSum = (float)Math.Log(sum + (own * (parts.Count - 1)));
        var after = 0f;
        foreach (var p in parts)
        {
            after = (float)(after + (Math.Log((float)frequency[p] + own) - logSum));
        }

        return own / sum * (before - after);
    }
}

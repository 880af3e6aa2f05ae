using Alignment.Text.Tokenization.Models;

namespace Alignment.Text.Tokenization.Trainers;

/// <summary>One unigram model during training: segmentations, expected counts, and what each piece's removal would cost.</summary>
internal sealed class UnigramEstimator
{
    /// <summary>Stands for a character without a piece.</summary>
    public const int Unknown = -1;

    private readonly List<(int[] Piece, double Score)> pieces;
    private readonly PieceTrie trie;
    private readonly double unknownScore;

    public UnigramEstimator(List<(int[] Piece, double Score)> pieces)
    {
        this.pieces = pieces;
        trie = new(pieces.Count * 2);
        MinScore = double.PositiveInfinity;
        for (var i = 0; i < pieces.Count; i++)
        {
            trie.Add(pieces[i].Piece, i);
            MinScore = Math.Min(MinScore, pieces[i].Score);
        }

        unknownScore = MinScore - 10;
    }

    public double MinScore { get; }

    /// <summary>Adds each piece's expected number of uses in the word (forward-backward).</summary>
    public void Expect(ReadOnlySpan<int> word, double frequency, double[] expected)
    {
        var nodes = Nodes(word);
        var forward = new double[word.Length + 1];
        var backward = new double[word.Length + 1];
        Array.Fill(forward, double.NegativeInfinity, 1, word.Length);
        Array.Fill(backward, double.NegativeInfinity, 0, word.Length);
        foreach (var (start, end, _, score) in nodes)
        {
            forward[end] = LogAdd(forward[end], forward[start] + score);
        }

        for (var i = nodes.Count - 1; i >= 0; i--)
        {
            backward[nodes[i].Start] = LogAdd(backward[nodes[i].Start], backward[nodes[i].End] + nodes[i].Score);
        }

        var total = forward[word.Length];
        foreach (var (start, end, id, score) in nodes)
        {
            if (id != Unknown)
            {
                expected[id] += frequency * Math.Exp(forward[start] + score + backward[end] - total);
            }
        }
    }

    /// <summary>The best segmentation; without the piece that is the whole word if so asked. Null when there is none.</summary>
    public List<int>? Best(ReadOnlySpan<int> word, bool withoutWhole = false)
    {
        var score = new double[word.Length + 1];
        var from = new int[word.Length + 1];
        var with = new int[word.Length + 1];
        Array.Fill(from, -1);
        from[0] = 0;
        foreach (var (start, end, id, s) in Nodes(word))
        {
            if (from[start] < 0 || (withoutWhole && end - start == word.Length))
            {
                continue;
            }

            if (from[end] < 0 || score[start] + s > score[end])
            {
                (score[end], from[end], with[end]) = (score[start] + s, start, id);
            }
        }

        if (word.Length == 0 || from[word.Length] < 0)
        {
            return null;
        }

        var path = new List<int>();
        for (var at = word.Length; at > 0; at = from[at])
        {
            path.Add(with[at]);
        }

        path.Reverse();
        return path;
    }

    private static double LogAdd(double a, double b)
    {
        var (low, high) = a < b ? (a, b) : (b, a);
        return double.IsNegativeInfinity(low) ? high : high + Math.Log(1 + Math.Exp(low - high));
    }

    // In order of start, shorter first: every node comes after all that end where it starts.
    private List<(int Start, int End, int Id, double Score)> Nodes(ReadOnlySpan<int> word)
    {
        var nodes = new List<(int, int, int, double)>();
        for (var i = 0; i < word.Length; i++)
        {
            var single = false;
            var node = 0;
            for (var j = i; j < word.Length && (node = trie.Step(node, word[j])) >= 0; j++)
            {
                if (trie.Value(node) is >= 0 and var id)
                {
                    nodes.Add((i, j + 1, id, pieces[id].Score));
                    single |= j == i;
                }
            }

            if (!single)
            {
                nodes.Add((i, i + 1, Unknown, unknownScore));
            }
        }

        return nodes;
    }
}

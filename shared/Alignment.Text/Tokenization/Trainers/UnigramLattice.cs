using Alignment.Text.Tokenization.Models;

namespace Alignment.Text.Tokenization.Trainers;

/// <summary>
/// The segmentations of one word under a unigram model during training. Two libraries are followed to the last bit: tokenizers
/// computes in double, SentencePiece in float, so every sum passes through <see cref="Round"/> in the order they add.
/// A character without a piece counts as the piece with id 0.
/// </summary>
internal sealed class UnigramLattice
{
    private const double UnknownPenalty = 10;
    private const double NegligibleExponent = 50;
    private readonly IReadOnlyList<UnigramPiece> pieces;
    private readonly PieceTrie trie;
    private readonly bool single;
    private readonly List<Node> nodes = [];
    private int[] ends = [];
    private double[] forward = [];
    private double[] backward = [];
    private int length;

    /// <param name="pieces">With ids by position; a piece whose score is NaN is never used.</param>
    /// <param name="singlePrecision">SentencePiece's float arithmetic.</param>
    public UnigramLattice(IReadOnlyList<UnigramPiece> pieces, bool singlePrecision)
    {
        this.pieces = pieces;
        single = singlePrecision;
        trie = new(pieces.Count * 2);
        MinScore = double.PositiveInfinity;
        for (var i = 0; i < pieces.Count; i++)
        {
            if (!double.IsNaN(pieces[i].Score))
            {
                trie.Add(pieces[i].Chars, i);
                MinScore = Math.Min(MinScore, pieces[i].Score);
            }
        }
    }

    public double MinScore { get; }

    public void Open(ReadOnlySpan<int> word)
    {
        nodes.Clear();
        length = word.Length;
        for (var i = 0; i < word.Length; i++)
        {
            var (node, whole) = (0, false);
            for (var j = i; j < word.Length && (node = trie.Step(node, word[j])) >= 0; j++)
            {
                if (trie.Value(node) is >= 0 and var id)
                {
                    nodes.Add(new(i, j + 1, id, pieces[id].Score));
                    whole |= j == i;
                }
            }

            if (!whole)
            {
                nodes.Add(new(i, i + 1, 0, Round(MinScore - UnknownPenalty)));
            }
        }

        LinkEnds();
    }

    /// <summary>Adds each piece's expected number of uses in the opened word, times its frequency (forward-backward).</summary>
    public void Expect(double frequency, double[] expected)
    {
        Resize(ref forward, length + 1);
        Resize(ref backward, length + 1);
        Array.Fill(forward, double.NaN, 1, length);
        Array.Fill(backward, double.NaN, 0, length);
        (forward[0], backward[length]) = (0, 0);
        foreach (var n in nodes)
        {
            forward[n.End] = LogAdd(forward[n.End], Round(n.Score + forward[n.Start]));
        }

        for (int last = nodes.Count, first = last; last > 0; last = first)
        {
            for (first = last - 1; first > 0 && nodes[first - 1].Start == nodes[last - 1].Start; first--)
            {
            }

            for (var i = first; i < last; i++)
            {
                backward[nodes[i].Start] = LogAdd(backward[nodes[i].Start], Round(nodes[i].Score + backward[nodes[i].End]));
            }
        }

        foreach (var n in nodes)
        {
            var share = Math.Exp(Round(Round(Round(forward[n.Start] + n.Score) + backward[n.End]) - forward[length]));
            expected[n.Id] = Round(expected[n.Id] + (frequency * share));
        }
    }

    /// <summary>Piece ids of the best segmentation of the opened word; among equals the one whose last piece begins first.</summary>
    public List<int> Best()
    {
        Score();
        var path = new List<int>();
        for (var n = Before(length, 0); n >= 0; n = nodes[n].Previous)
        {
            path.Add(nodes[n].Id);
        }

        path.Reverse();
        return path;
    }

    /// <summary>The best and the second best segmentation, by A* from the end; ties fall as each library's heap lets them.</summary>
    public List<List<int>> BestTwo()
    {
        Score();
        var found = new List<List<int>>();
        var steps = new List<(int Node, int Next, double Score)> { (-1, -1, 0) };
        var agenda = new UnigramAgenda(quaternary: !single);
        agenda.Push(0, 0);
        while (agenda.TryPop(out var top))
        {
            var (node, _, score) = steps[top];
            var at = node < 0 ? length : nodes[node].Start;
            if (at == 0 && top > 0)
            {
                var path = new List<int>();
                for (var s = top; steps[s].Node >= 0; s = steps[s].Next)
                {
                    path.Add(nodes[steps[s].Node].Id);
                }

                found.Add(path);
                if (found.Count == 2)
                {
                    break;
                }

                continue;
            }

            for (var n = ends[at]; n >= 0; n = nodes[n].NextEnd)
            {
                agenda.Push(Round(nodes[n].Best + score), steps.Count);
                steps.Add((n, top, Round(nodes[n].Score + score)));
            }
        }

        return found;
    }

    /// <summary>The score of the best segmentation of the opened word that is not one piece.</summary>
    public double ScoreInParts()
    {
        var whole = nodes.FindIndex(n => n.Start == 0 && n.End == length);
        var own = whole < 0 ? 0 : nodes[whole].Score;
        if (whole >= 0)
        {
            nodes[whole].Score = double.NegativeInfinity;
        }

        Score();
        var best = nodes[Before(length, 0)].Best;
        if (whole >= 0)
        {
            nodes[whole].Score = own;
        }

        return best;
    }

    private static void Resize<T>(ref T[] array, int size)
    {
        if (array.Length < size)
        {
            array = new T[size * 2];
        }
    }

    private double Round(double value) => single ? (float)value : value;

    // log(exp a + exp b); NaN stands for nothing yet.
    private double LogAdd(double a, double b)
    {
        if (double.IsNaN(a))
        {
            return b;
        }

        var (low, high) = a > b ? (b, a) : (a, b);
        return high > Round(low + NegligibleExponent) ? high : Round(high + Math.Log(Math.Exp(Round(low - high)) + 1));
    }

    // Lists of the nodes that end at each place, in the order in which they were found.
    private void LinkEnds()
    {
        Resize(ref ends, length + 1);
        Array.Fill(ends, -1, 0, length + 1);
        for (var i = nodes.Count - 1; i >= 0; i--)
        {
            nodes[i].NextEnd = ends[nodes[i].End];
            ends[nodes[i].End] = i;
        }
    }

    private void Score()
    {
        foreach (var n in nodes)
        {
            n.Previous = Before(n.Start, n.Score);
            n.Best = Round((n.Previous < 0 ? 0 : nodes[n.Previous].Best) + n.Score);
        }
    }

    // The node to come from: strictly better replaces, so the first of equals stays.
    private int Before(int at, double score)
    {
        var (best, bestScore) = (-1, 0.0);
        for (var n = at == 0 ? -1 : ends[at]; n >= 0; n = nodes[n].NextEnd)
        {
            var s = Round(nodes[n].Best + score);
            if (best < 0 || s > bestScore)
            {
                (best, bestScore) = (n, s);
            }
        }

        return best;
    }

    private sealed class Node(int start, int end, int id, double score)
    {
        public int Start => start;

        public int End => end;

        public int Id => id;

        public double Score { get; set; } = score;

        public double Best { get; set; }

        public int Previous { get; set; }

        public int NextEnd { get; set; }
    }
}

using System.Text.RegularExpressions;

namespace Alignment.Text.Metrics;

public readonly record struct RougeScore(double Precision, double Recall)
{
    public double F => Precision + Recall == 0 ? 0 : 2 * Precision * Recall / (Precision + Recall);
}

/// <summary>ROUGE (Lin 2004) as rouge-score counts it, without stemming: lower-case tokens of a–z and 0–9, everything else separates.</summary>
public static partial class Rouge
{
    /// <summary>Overlap of n-grams.</summary>
    public static RougeScore N(string reference, string hypothesis, int n)
    {
        var (theirs, own) = (NGrams.Of(Tokens(reference), n), NGrams.Of(Tokens(hypothesis), n));
        var common = NGrams.Common(own, theirs);
        return new(common / (double)Math.Max(1, own.Values.Sum()), common / (double)Math.Max(1, theirs.Values.Sum()));
    }

    /// <summary>Longest common subsequence of the whole texts.</summary>
    public static RougeScore L(string reference, string hypothesis)
    {
        var (theirs, own) = (Tokens(reference), Tokens(hypothesis));
        return Share(Subsequence(theirs, own).Count, own.Length, theirs.Length);
    }

    /// <summary>Lines are sentences: the union of each reference sentence's subsequences with all of the hypothesis, every token used once.</summary>
    public static RougeScore LSum(string reference, string hypothesis)
    {
        var theirs = reference.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Tokens).ToList();
        var own = hypothesis.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Tokens).ToList();
        Dictionary<string, int> left = NGrams.Of([.. own.SelectMany(s => s)], 1), right = NGrams.Of([.. theirs.SelectMany(s => s)], 1);
        var hits = 0;
        foreach (var token in theirs.SelectMany(r => own.SelectMany(h => Subsequence(r, h)).Distinct().Order().Select(i => r[i])))
        {
            if (left.GetValueOrDefault(token) > 0 && right.GetValueOrDefault(token) > 0)
            {
                (left[token], right[token]) = (left[token] - 1, right[token] - 1);
                hits++;
            }
        }

        return Share(hits, own.Sum(s => s.Length), theirs.Sum(s => s.Length));
    }

    private static RougeScore Share(int hits, int own, int theirs) => own == 0 || theirs == 0 ? new(0, 0) : new(hits / (double)own, hits / (double)theirs);

    private static string[] Tokens(string text) => NGrams.Words(Separators().Replace(text.ToLowerInvariant(), " "));

    /// <summary>Places in <paramref name="a"/> of a longest common subsequence.</summary>
    private static List<int> Subsequence(string[] a, string[] b)
    {
        var length = new int[a.Length + 1, b.Length + 1];
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                length[i, j] = a[i - 1] == b[j - 1] ? length[i - 1, j - 1] + 1 : Math.Max(length[i - 1, j], length[i, j - 1]);
            }
        }

        var places = new List<int>();
        for (var (i, j) = (a.Length, b.Length); i > 0 && j > 0;)
        {
            if (a[i - 1] == b[j - 1])
            {
                places.Add(i - 1);
                (i, j) = (i - 1, j - 1);
            }
            else
            {
                (i, j) = length[i, j - 1] > length[i - 1, j] ? (i, j - 1) : (i - 1, j);
            }
        }

        return places;
    }

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex Separators();
}

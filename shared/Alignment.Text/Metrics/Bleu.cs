using System.Text.RegularExpressions;

namespace Alignment.Text.Metrics;

/// <summary>What becomes of an order without a match.</summary>
public enum BleuSmoothing
{
    None,

    /// <summary>The k-th such order counts 1/2ᵏ (mteval's; sacrebleu's default).</summary>
    Exp,

    /// <summary>It counts a fixed number, 0.1 by default.</summary>
    Floor,

    /// <summary>A number, 1 by default, is added to counts and totals from the second order on.</summary>
    AddK,
}

/// <param name="Score">0 … 100.</param>
/// <param name="Counts">Matches clipped by the references, orders 1 … 4; with <see cref="BleuSmoothing.AddK"/> what was added, too.</param>
/// <param name="Precisions">Percent.</param>
public sealed record BleuScore(double Score, IReadOnlyList<int> Counts, IReadOnlyList<int> Totals, IReadOnlyList<double> Precisions, double BrevityPenalty, int HypothesisLength, int ReferenceLength);

/// <summary>BLEU (Papineni et al. 2002) as sacrebleu 2 counts it: 13a tokens, orders 1 to 4, closest reference length (the shorter on a tie).</summary>
public static partial class Bleu
{
    private const int Orders = 4;

    /// <summary>Of a corpus; for one sentence use <paramref name="effectiveOrder"/>: only orders that could match count.</summary>
    public static BleuScore Of(
        IReadOnlyList<(string Hypothesis, IReadOnlyList<string> References)> texts, BleuSmoothing smoothing = BleuSmoothing.Exp, double? value = null, bool lowercase = false, bool effectiveOrder = false)
    {
        int[] counts = new int[Orders], totals = new int[Orders];
        int length = 0, reference = 0;
        foreach (var (hypothesis, references) in texts)
        {
            var own = Tokens(hypothesis, lowercase);
            var theirs = references.Select(r => Tokens(r, lowercase)).ToList();
            length += own.Length;
            reference += theirs.Select(r => r.Length).OrderBy(l => Math.Abs(l - own.Length)).ThenBy(l => l).First();
            for (var n = 1; n <= Orders; n++)
            {
                var grams = NGrams.Of(own, n);
                var most = theirs.SelectMany(r => NGrams.Of(r, n)).GroupBy(g => g.Key, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Max(x => x.Value), StringComparer.Ordinal);
                counts[n - 1] += NGrams.Common(grams, most);
                totals[n - 1] += grams.Values.Sum();
            }
        }

        return Score(counts, totals, length, reference, smoothing, value, effectiveOrder);
    }

    /// <summary>mteval-v13a's tokens.</summary>
    public static string[] Tokens(string text, bool lowercase = false)
    {
        var line = (lowercase ? text.ToLowerInvariant() : text).TrimEnd().Replace("<skipped>", "", StringComparison.Ordinal).Replace("-\n", "", StringComparison.Ordinal).Replace('\n', ' ')
            .Replace("&quot;", "\"", StringComparison.Ordinal).Replace("&amp;", "&", StringComparison.Ordinal).Replace("&lt;", "<", StringComparison.Ordinal).Replace("&gt;", ">", StringComparison.Ordinal);
        line = Punctuation().Replace($" {line} ", " $1 ");
        line = AfterNoDigit().Replace(line, "$1 $2 ");
        line = BeforeNoDigit().Replace(line, " $1 $2");
        return NGrams.Words(DigitDash().Replace(line, "$1 $2 "));
    }

    private static BleuScore Score(int[] counts, int[] totals, int length, int reference, BleuSmoothing smoothing, double? value, bool effectiveOrder)
    {
        var penalty = length >= reference ? 1 : length > 0 ? Math.Exp(1 - ((double)reference / length)) : 0;
        var precisions = new double[Orders];
        if (counts.All(c => c == 0))
        {
            return new(0, counts, totals, precisions, penalty, length, reference);
        }

        var (orders, halved) = (Orders, 1.0);
        for (var n = 0; n < Orders; n++)
        {
            if (smoothing == BleuSmoothing.AddK && n > 0)
            {
                counts[n] += (int)(value ?? 1);
                totals[n] += (int)(value ?? 1);
            }

            if (totals[n] == 0)
            {
                break;
            }

            orders = effectiveOrder ? n + 1 : orders;
            halved *= counts[n] == 0 ? 2 : 1;
            precisions[n] = 100 / (double)totals[n] * (counts[n] > 0 ? counts[n] : smoothing switch { BleuSmoothing.Exp => 1 / halved, BleuSmoothing.Floor => value ?? .1, _ => 0 });
        }

        var mean = precisions.Take(orders).Sum(p => p == 0 ? -9999999999 : Math.Log(p)) / orders;
        return new(penalty * Math.Exp(mean), counts, totals, precisions, penalty, length, reference);
    }

    [GeneratedRegex(@"([\x7b-\x7e\x5b-\x60\x20-\x26\x28-\x2b\x3a-\x40\x2f])")]
    private static partial Regex Punctuation();

    [GeneratedRegex(@"([^0-9])([.,])")]
    private static partial Regex AfterNoDigit();

    [GeneratedRegex(@"([.,])([^0-9])")]
    private static partial Regex BeforeNoDigit();

    [GeneratedRegex(@"([0-9])(-)")]
    private static partial Regex DigitDash();
}

using System.Globalization;
using System.Text.Json;
using Alignment.ModelCore.Rollouts;
using Alignment.Statistics.Calibration;
using Alignment.Statistics.Intervals;

namespace Alignment.RewardModeling.Recipes;

/// <summary>Accuracy on some of the held-out pairs; a tie of scores counts one half.</summary>
public sealed record RewardGroup(int Count, double Accuracy);

/// <summary>
/// <c>reward-report.json</c>: how a reward model does on held-out pairs. Calibration numbers are of the half of the pairs that the
/// temperature was not fitted on; NaN where there are too few.
/// </summary>
/// <param name="Accuracy">Share of pairs ordered as the majority did; a tie of scores counts one half.</param>
/// <param name="Low">95 % Wilson interval of it.</param>
/// <param name="Agreement">Mean share of votes that agree with the model's order.</param>
/// <param name="Ceiling">The same for the majority's own order: no model can do better on these votes.</param>
/// <param name="DistanceToCeiling">Ceiling − agreement.</param>
/// <param name="MeanMargin">Mean raw score of chosen less that of rejected.</param>
/// <param name="ByStrength">By the share of votes for chosen: <c>0.5-0.6</c> … <c>0.9-1.0</c>.</param>
/// <param name="ByLength">By whether the chosen answer is longer, shorter or equal, in tokens.</param>
/// <param name="ByLanguage">By the rows' language.</param>
/// <param name="Temperature">Fitted so that σ(margin / temperature) is as likely as it can be.</param>
/// <param name="Uncertainty">Mean spread of the margin over the ensemble's heads or members; 0 for a single one.</param>
/// <param name="AccuracyWhenCertain">On the half of the pairs with the smaller spread; NaN for a single one.</param>
/// <param name="AccuracyWhenUncertain">On the other half.</param>
public sealed record RewardReport(
    int Count, double Accuracy, double Low, double High, double Agreement, double Ceiling, double DistanceToCeiling, double MeanMargin,
    IReadOnlyDictionary<string, RewardGroup> ByStrength, IReadOnlyDictionary<string, RewardGroup> ByLength, IReadOnlyDictionary<string, RewardGroup> ByLanguage,
    double Temperature, CalibrationNumbers Before, CalibrationNumbers After, double Uncertainty, double AccuracyWhenCertain, double AccuracyWhenUncertain)
{
    public const string FileName = "reward-report.json";

    private static readonly JsonSerializerOptions Spelling = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true, NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    public void Save(string folder) => File.WriteAllText(Path.Combine(folder, FileName), JsonSerializer.Serialize(this, Spelling) + "\n");

    /// <summary>One line for the run's log.</summary>
    public string Say() => string.Create(CultureInfo.InvariantCulture,
        $"accuracy {Accuracy:0.000} ({Low:0.000} to {High:0.000}) on {Count} held-out pairs, agreement {Agreement:0.000} of at most {Ceiling:0.000}; temperature {Temperature:0.00}, calibration error {Before.Ece:0.000} before and {After.Ece:0.000} after");

    internal static RewardReport Of(EnsembleScores scores) => Of(scores.Pairs, scores.Margins, scores.Combined);

    /// <param name="margins">Chosen less rejected of each pair, for each head or member.</param>
    /// <param name="combined">The same as the finished model scores; null: their mean.</param>
    internal static RewardReport Of(IReadOnlyList<HeldoutPair> pairs, double[][] margins, double[]? combined = null)
    {
        var spread = margins.Select(m => RewardScale.Spread(m)).ToArray();
        double[] margin = combined ?? [.. spread.Select(s => s.Mean)], right = [.. margin.Select(m => m > 0 ? 1 : m < 0 ? 0 : 0.5)];
        var all = Enumerable.Range(0, pairs.Count).ToArray();
        Dictionary<string, RewardGroup> By(Func<int, string> key) => all.GroupBy(key).OrderBy(g => g.Key, StringComparer.Ordinal).ToDictionary(g => g.Key, g => new RewardGroup(g.Count(), g.Average(i => right[i])));
        var agreement = all.Average(i => (right[i] * pairs[i].VoteShare) + ((1 - right[i]) * (1 - pairs[i].VoteShare)));
        var ceiling = pairs.Average(p => Math.Max(p.VoteShare, 1 - p.VoteShare));
        var wilson = ProportionInterval.Wilson(right.Sum(), pairs.Count);
        var (temperature, before, after) = CalibrationNumbers.Fit(margin);
        var byUncertainty = all.OrderBy(i => spread[i].Std).ToArray();
        var heads = margins[0].Length > 1 && pairs.Count > 1;
        return new(pairs.Count, right.Average(), wilson.Low, wilson.High, agreement, ceiling, ceiling - agreement, margin.Average(),
            By(i => Strength(pairs[i].VoteShare)), By(i => Length(pairs[i])), By(i => pairs[i].Language.Length == 0 ? "unknown" : pairs[i].Language), temperature, before, after, spread.Average(s => s.Std),
            heads ? byUncertainty.Take(pairs.Count / 2).Average(i => right[i]) : double.NaN, heads ? byUncertainty.Skip(pairs.Count / 2).Average(i => right[i]) : double.NaN);
    }

    private static string Strength(double share)
    {
        var tenth = Math.Clamp((int)Math.Floor((Math.Max(share, 1 - share) * 10) + 1e-9), 5, 9);
        return string.Create(CultureInfo.InvariantCulture, $"{tenth / 10.0:0.0}-{(tenth + 1) / 10.0:0.0}");
    }

    private static string Length(HeldoutPair p) => (p.Answers.Answers[0].Length - p.Answers.Answers[1].Length) switch { > 0 => "chosen_longer", < 0 => "chosen_shorter", _ => "equal" };
}

/// <summary>How well σ(margin) tells the share of pairs ordered right.</summary>
/// <param name="Ece">Expected calibration error of σ(|margin|) over ten bins of equal width.</param>
/// <param name="Brier">Mean (1 − σ(margin))²; 0.25 is a coin.</param>
public sealed record CalibrationNumbers(double Ece, double Brier)
{
    /// <summary>A temperature from every second margin, and the numbers of the others before and after dividing by it.</summary>
    internal static (double Temperature, CalibrationNumbers Before, CalibrationNumbers After) Fit(double[] margins)
    {
        double[] fitted = [.. margins.Where((_, i) => i % 2 == 0)], kept = [.. margins.Where((_, i) => i % 2 == 1)];
        if (kept.Length < 5)
        {
            return (1, new(double.NaN, double.NaN), new(double.NaN, double.NaN));
        }

        var temperature = Math.Clamp(TemperatureScaling.Fit([.. fitted.Select(m => (IReadOnlyList<double>)[m, 0])], [.. fitted.Select(_ => 0)]), 0.05, 20);
        return (temperature, Of(kept), Of([.. kept.Select(m => m / temperature)]));
    }

    private static CalibrationNumbers Of(double[] margins)
    {
        double[] confidence = [.. margins.Select(m => Sigmoid(Math.Abs(m)))];
        bool[] right = [.. margins.Select(m => m > 0)];
        return new(CalibrationError.Expected(CalibrationError.EqualWidth(confidence, right, 10)), ProbabilityScores.Brier([.. margins.Select(Sigmoid)], [.. margins.Select(_ => true)]));
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}

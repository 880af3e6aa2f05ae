using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using static TorchSharp.torch;

namespace Alignment.Evaluation.Recipes;

/// <summary>How often a reward model agrees with held-out preferences.</summary>
/// <param name="Pairs">Pairs scored.</param>
/// <param name="Accuracy">Share with r_chosen &gt; r_rejected; a tie is wrong.</param>
/// <param name="MeanMargin">Mean of r_chosen − r_rejected.</param>
/// <param name="AccuracyWhenChosenIsLonger">NaN where there is no such pair. Far above its counterpart: the model scores length.</param>
/// <param name="AccuracyWhenChosenIsNotLonger">NaN where there is no such pair.</param>
/// <param name="Brier">Mean (1 − σ(margin))²; 0.25 is a coin.</param>
/// <param name="CalibrationError">Expected calibration error of σ(|margin|) over ten equal bins of [0.5, 1].</param>
/// <param name="Margins">r_chosen − r_rejected of each pair.</param>
public sealed record RewardAccuracyResult(
    int Pairs, double Accuracy, double MeanMargin, double AccuracyWhenChosenIsLonger, double AccuracyWhenChosenIsNotLonger, double Brier, double CalibrationError, IReadOnlyList<double> Margins);

/// <summary>Scores both sides of held-out pairs with a reward model.</summary>
public static class RewardAccuracyRecipe
{
    public static RewardAccuracyResult Run(string model, IReadOnlyList<PreferenceRow> rows, int batchSize, CancellationToken cancellation)
    {
        var encoder = RowEncoder.Load(model);
        var pairs = encoder.Encode(rows);
        using var reward = CheckpointReader.LoadScoring(model, ScalarType.Float32);
        var scores = Score(reward, [.. pairs.Select(p => p.ChosenRow), .. pairs.Select(p => p.RejectedRow)], encoder.PadId, batchSize, cancellation);
        return Summarise(pairs, [.. Enumerable.Range(0, pairs.Count).Select(i => scores[i] - scores[pairs.Count + i])]);
    }

    /// <summary>One score a row, read at its last token.</summary>
    public static double[] Score(ScoringModel model, IReadOnlyList<TokenRow> rows, int padId, int batchSize, CancellationToken cancellation)
    {
        model.eval();
        var scores = new double[rows.Count];
        using var none = no_grad();
        foreach (var indices in Enumerable.Range(0, rows.Count).OrderBy(i => rows[i].Ids.Length).Chunk(batchSize))
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var batch = TokenBatch.Of([.. indices.Select(i => rows[i])], padId);
            var values = ScoringModel.Pool(model.AllScores(batch.InputIds), batch.LastPositions).mean([1L]).ToDoubles();
            for (var i = 0; i < indices.Length; i++)
            {
                scores[indices[i]] = values[i];
            }
        }

        return scores;
    }

    internal static RewardAccuracyResult Summarise(IReadOnlyList<TokenPair> pairs, double[] margins)
    {
        static double Share(IEnumerable<double> m) => m.Select(x => x > 0 ? 1.0 : 0).DefaultIfEmpty(double.NaN).Average();
        var longer = pairs.Select(p => p.Chosen.Length > p.Rejected.Length).ToList();
        return new(pairs.Count, Share(margins), margins.Average(), Share(margins.Where((_, i) => longer[i])), Share(margins.Where((_, i) => !longer[i])),
            margins.Average(m => Math.Pow(1 - Sigmoid(m), 2)), CalibrationError(margins), margins);
    }

    /// <summary>Σ over bins of (n_bin / n)·|share right − mean confidence|.</summary>
    private static double CalibrationError(double[] margins) => margins
        .Select(m => (Confidence: Sigmoid(Math.Abs(m)), Right: m > 0 ? 1.0 : 0))
        .GroupBy(x => Math.Min(9, (int)((x.Confidence - 0.5) * 20)))
        .Sum(g => (double)g.Count() / margins.Length * Math.Abs(g.Average(x => x.Right) - g.Average(x => x.Confidence)));

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}

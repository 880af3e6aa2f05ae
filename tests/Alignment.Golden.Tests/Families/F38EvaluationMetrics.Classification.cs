using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.Statistics.Agreement;
using Alignment.Statistics.Calibration;
using Alignment.Statistics.Classification;

namespace Alignment.Golden.Tests.Families;

public sealed partial class F38EvaluationMetrics
{
    private static void CheckClassification(JsonElement j, Tolerances t)
    {
        foreach (var c in j.Items("cases"))
        {
            var m = new Confusion(c.Ints("y_true"), c.Ints("y_pred"), c.Int("classes"));
            Expect.Equal<int>("confusion", [.. m.Counts.SelectMany(r => r)], [.. c.Items("confusion_rows_true_columns_predicted").SelectMany(r => r.Ints())]);
            Expect.Close("accuracy, balanced, mcc", [m.Accuracy, m.BalancedAccuracy, m.MatthewsCorrelation],
                [c.Number("accuracy"), c.Number("balanced_accuracy_over_classes_present_in_y_true"), c.Number("mcc")], t.Abs);
            var per = c.GetProperty("per_class");
            var scores = m.Counts.Select((_, k) => m.Of(k)).ToList();
            Expect.Close("precision", [.. scores.Select(s => s.Precision)], per.Numbers("precision"), t.Abs);
            Expect.Close("recall", [.. scores.Select(s => s.Recall)], per.Numbers("recall"), t.Abs);
            Expect.Close("f1", [.. scores.Select(s => s.F1)], per.Numbers("f1"), t.Abs);
            Expect.Equal<int>("support", m.Support, per.Ints("support"));
            foreach (var (name, mean) in new[] { ("macro", m.Macro), ("micro", m.Micro), ("weighted", m.Weighted), ("macro_over_classes_seen_in_y_true_or_y_pred", m.MacroOfSeen) }.Where(x => c.Has(x.Item1)))
            {
                CheckScores(name, mean, c.GetProperty(name), t);
            }

            if (c.Has("binary_positive_class_1"))
            {
                CheckScores("binary", m.Of(1), c.GetProperty("binary_positive_class_1"), t);
            }
        }

        var r = j.GetProperty("ranking");
        var (y, score) = (r.Numbers("y_true"), r.Numbers("score"));
        bool[] positive = [.. y.Select(v => v == 1)];
        Expect.Close("ranking", [Ranking.RocAuc(positive, score), Ranking.AveragePrecision(positive, score), RankAgreement.Pearson(y, score), RankAgreement.Spearman(y, score), RankAgreement.Tau(y, score).B],
            [r.Number("roc_auc"), r.Number("average_precision"), r.Number("pearson"), r.Number("spearman"), r.Number("kendall_tau_b")], t.Abs);
    }

    private static void CheckScores(string name, ClassScores s, JsonElement e, Tolerances t) =>
        Expect.Close(name, [s.Precision, s.Recall, s.F1], [e.Number("precision"), e.Number("recall"), e.Number("f1")], t.Abs);

    private static void CheckCalibration(JsonElement j, Tolerances t)
    {
        var (logits, labels, o) = (j.Matrix("logits"), j.Ints("labels"), j.GetProperty("out"));
        var p = logits.Select(row => TemperatureScaling.SoftMax(row)).ToList();
        (double[] Confidence, bool[] Right) Top(IReadOnlyList<double[]> rows) =>
            ([.. rows.Select(r => r.Max())], [.. rows.Select((r, i) => Array.IndexOf(r, r.Max()) == labels[i])]);
        var (confidence, right) = Top(p);
        Expect.Close("accuracy", right.Average(x => x ? 1.0 : 0), o.Number("accuracy"), t.Abs);
        Expect.Close("nll", TemperatureScaling.NegativeLogLikelihood(logits, labels), o.Number("nll"), t.Abs);
        foreach (var e in o.Items("equal_width"))
        {
            var bins = CalibrationError.EqualWidth(confidence, right, e.Int("bins"));
            Expect.Close("ece, mce", [CalibrationError.Expected(bins), CalibrationError.Maximum(bins)], [e.Number("ece"), e.Number("mce")], t.Abs);
            Expect.Equal<int>("bins", [.. bins.SelectMany(b => new[] { b.Index, b.Count })], [.. e.Items("table").SelectMany(b => new[] { b.Int("bin"), b.Int("count") })]);
            Expect.Close("table", [.. bins.SelectMany(b => new[] { b.Accuracy, b.Confidence })], [.. e.Items("table").SelectMany(b => new[] { b.Number("accuracy"), b.Number("confidence") })], t.Abs);
        }

        Expect.Close("equal_mass_10_ece", CalibrationError.Expected(CalibrationError.EqualMass(confidence, right, 10)), o.Number("equal_mass_10_ece"), t.Abs);
        Expect.Close("brier_multiclass", ProbabilityScores.Brier(p, labels), o.Number("brier_multiclass"), t.Abs);
        foreach (var b in o.EnumerateObject().Where(b => b.Name.StartsWith("binary_class_", StringComparison.Ordinal)))
        {
            var k = int.Parse(b.Name["binary_class_".Length..]);
            Expect.Close("binary brier", ProbabilityScores.Brier([.. p.Select(row => row[k])], [.. labels.Select(l => l == k)]), b.Value.Number("brier"), t.Abs);
            Expect.Close("binary log_loss", ProbabilityScores.LogLoss([.. p.Select(row => row[k])], [.. labels.Select(l => l == k)]), b.Value.Number("log_loss"), t.Abs);
        }

        var temperature = TemperatureScaling.Fit(logits, labels);
        Expect.Close("temperature", temperature, o.Number("temperature"), 0, t.Fit);
        Expect.Close("nll_at_temperature", TemperatureScaling.NegativeLogLikelihood(logits, labels, temperature), o.Number("nll_at_temperature"), 0, t.Fit);
        var (scaled, ok) = Top([.. logits.Select(row => TemperatureScaling.SoftMax(row, temperature))]);
        Expect.Close("ece_15_at_temperature", CalibrationError.Expected(CalibrationError.EqualWidth(scaled, ok, 15)), o.Number("ece_15_at_temperature"), 0, t.Fit);
    }
}

using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.Statistics;
using Alignment.Statistics.Preferences;

namespace Alignment.Golden.Tests.Families;

public sealed partial class F38EvaluationMetrics
{
    private static void CheckLength(JsonElement j, Tolerances t)
    {
        var (i, o) = (j.GetProperty("in"), j.GetProperty("out"));
        var (mine, other, preference) = (i.Numbers("model_length"), i.Numbers("baseline_length"), i.Numbers("preference"));
        Expect.Close("raw_win_rate", Descriptive.Mean(preference), o.Number("raw_win_rate"), t.Abs);
        Expect.Close("std", Descriptive.StandardDeviation([.. mine.Zip(other, (m, b) => m - b)]), o.Number("std_length_difference"), t.Abs);
        foreach (var e in o.Items("fits"))
        {
            var columns = e.Items("columns").Length;
            var fit = LengthControlledWinRate.Fit(preference, mine, other, columns > 2 ? i.Numbers("difficulty") : null);
            Expect.Close("coefficients", fit.Coefficients, e.Numbers("coefficients"), 0, t.Fit);
            Expect.Close("mean_log_likelihood", fit.MeanLogLikelihood, e.Number("mean_log_likelihood"), 0, t.Fit);
            Expect.Close("length_controlled_win_rate", fit.WinRate, e.Number("length_controlled_win_rate"), 0, t.Fit);
            Expect.Close("fitted_mean", fit.FittedMean, e.Number("fitted_mean"), 0, t.Fit);
        }
    }
}

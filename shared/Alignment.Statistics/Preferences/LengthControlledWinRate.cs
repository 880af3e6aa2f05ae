using Alignment.Statistics.Aggregation;

namespace Alignment.Statistics.Preferences;

/// <summary>A fitted length-controlled win rate.</summary>
/// <param name="Coefficients">Intercept, length term, and difficulty where it was given.</param>
/// <param name="WinRate">Mean prediction with the length term at 0.</param>
/// <param name="FittedMean">Mean prediction as is; equals the raw win rate.</param>
public sealed record LengthControlledFit(double[] Coefficients, double MeanLogLikelihood, double WinRate, double FittedMean);

/// <summary>
/// Win rate had both answers been equally long: logistic regression of the preference (0 … 1) on tanh(Δlength / std Δlength)
/// and optionally difficulty, read with the length term at 0 (the form of AlpacaEval 2, without its penalty).
/// </summary>
public static class LengthControlledWinRate
{
    public static LengthControlledFit Fit(
        IReadOnlyList<double> preference, IReadOnlyList<double> modelLength, IReadOnlyList<double> baselineLength, IReadOnlyList<double>? difficulty = null)
    {
        double[] difference = [.. modelLength.Zip(baselineLength, (m, b) => m - b)];
        var spread = Descriptive.StandardDeviation(difference);
        double[][] rows = [.. difference.Select((d, i) => difficulty is null ? new[] { 1, spread == 0 ? 0 : Math.Tanh(d / spread) } : [1, spread == 0 ? 0 : Math.Tanh(d / spread), difficulty[i]])];
        double Logit(double[] w, double[] row) => w.Zip(row, (a, b) => a * b).Sum();
        double LogSigmoid(double v) => v >= 0 ? -Math.Log(1 + Math.Exp(-v)) : v - Math.Log(1 + Math.Exp(v));
        double Likelihood(double[] w) => rows.Select((row, i) => (preference[i] * LogSigmoid(Logit(w, row))) + ((1 - preference[i]) * LogSigmoid(-Logit(w, row)))).Average();
        // The sum, not the mean, so that the steps' tolerance is in scale.
        var fit = NewtonMaximum.Find(w => Likelihood(w) * rows.Length, new double[rows[0].Length]);
        double Mean(Func<double[], double[]> seen) => rows.Average(row => 1 / (1 + Math.Exp(-Logit(fit, seen(row)))));
        return new(fit, Likelihood(fit), Mean(row => [1, 0, .. row[2..]]), Mean(row => row));
    }
}

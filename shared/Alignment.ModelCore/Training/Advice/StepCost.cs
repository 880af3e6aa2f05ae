namespace Alignment.ModelCore.Training.Advice;

/// <summary>Seconds of a step as a + b·(padded tokens).</summary>
public static class StepCost
{
    /// <summary>Least squares with a, b ≥ 0; proportional where the steps are too alike to tell a from b.</summary>
    public static (double Fixed, double PerToken) Fit(IReadOnlyList<(double Seconds, long Tokens)> steps)
    {
        if (steps.Count == 0)
        {
            return (0, 0);
        }

        double meanSeconds = steps.Average(s => s.Seconds), meanTokens = steps.Average(s => (double)s.Tokens);
        var spread = steps.Sum(s => (s.Tokens - meanTokens) * (s.Tokens - meanTokens));
        var proportional = (0.0, meanSeconds / Math.Max(1, meanTokens));
        if (steps.Count < 4 || Math.Sqrt(spread / steps.Count) < 0.05 * meanTokens)
        {
            return proportional;
        }

        var slope = steps.Sum(s => (s.Tokens - meanTokens) * (s.Seconds - meanSeconds)) / spread;
        var constant = meanSeconds - (slope * meanTokens);
        return slope < 0 ? (meanSeconds, 0) : constant < 0 ? proportional : (constant, slope);
    }
}

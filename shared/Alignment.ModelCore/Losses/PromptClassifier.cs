namespace Alignment.ModelCore.Losses;

/// <summary>
/// BCO's underlying-distribution matching: a logistic regression that tells prompts of desirable rows (1) from those of undesirable ones
/// (0) by their embedding. Minimises ½‖w‖² + Σᵢ sᵢ·log(1 + e^{−tᵢ(w·xᵢ + b)}) with t = ±1 and sᵢ = n / (2·n of its class); the intercept
/// is not penalised (scikit-learn's <c>LogisticRegression(class_weight="balanced")</c>). Solved exactly, by Newton's method.
/// </summary>
public sealed record PromptClassifier(double[] Coefficients, double Intercept)
{
    /// <param name="embeddings">n rows of equal length.</param>
    /// <param name="desirable">Their labels; both must occur.</param>
    public static PromptClassifier Fit(IReadOnlyList<double[]> embeddings, IReadOnlyList<bool> desirable)
    {
        int n = embeddings.Count, d = embeddings[0].Length, positive = desirable.Count(x => x);
        if (positive == 0 || positive == n)
        {
            throw new ArgumentException("Underlying-distribution matching needs prompts of both labels.");
        }

        double[] weight = [.. desirable.Select(x => n / (2.0 * (x ? positive : n - positive)))];
        var w = new double[d + 1];
        for (var iteration = 0; iteration < 100; iteration++)
        {
            var (gradient, hessian) = Derivatives(embeddings, desirable, weight, w);
            var step = Cholesky.Solve(hessian, gradient);
            double scale = 1, before = Objective(embeddings, desirable, weight, w);
            double[] next;
            do
            {
                next = [.. w.Select((x, i) => x - (scale * step[i]))];
                scale /= 2;
            }
            while (Objective(embeddings, desirable, weight, next) > before + 1e-12 && scale > 1e-10);

            var moved = step.Max(Math.Abs) * scale;
            w = next;
            if (moved < 1e-14)
            {
                break;
            }
        }

        return new(w[..d], w[d]);
    }

    /// <summary>P(desirable | prompt).</summary>
    public double Probability(ReadOnlySpan<double> embedding)
    {
        var z = Intercept;
        for (var i = 0; i < embedding.Length; i++)
        {
            z += Coefficients[i] * embedding[i];
        }

        return 1 / (1 + Math.Exp(-z));
    }

    /// <summary>
    /// Row weights: 1 on desirable rows, clamp(p / (1 − p + 1e-8), min, max) on undesirable ones. TRL's bounds are .5 and 10.
    /// </summary>
    public double[] Weights(IReadOnlyList<double[]> embeddings, IReadOnlyList<bool> desirable, double minRatio = .5, double maxRatio = 10) =>
        [.. embeddings.Select((x, i) => desirable[i] ? 1 : Ratio(Probability(x), minRatio, maxRatio))];

    private static double Ratio(double p, double min, double max) => Math.Clamp(p / (1 - p + 1e-8), min, max);

    private static double Margin(double[] x, double[] w)
    {
        var z = w[^1];
        for (var i = 0; i < x.Length; i++)
        {
            z += w[i] * x[i];
        }

        return z;
    }

    private static double Objective(IReadOnlyList<double[]> x, IReadOnlyList<bool> y, double[] s, double[] w)
    {
        var f = 0.0;
        for (var i = 0; i < w.Length - 1; i++)
        {
            f += .5 * w[i] * w[i];
        }

        for (var r = 0; r < x.Count; r++)
        {
            var m = (y[r] ? 1 : -1) * Margin(x[r], w);
            f += s[r] * (m > 0 ? Math.Log(1 + Math.Exp(-m)) : Math.Log(1 + Math.Exp(m)) - m);
        }

        return f;
    }

    private static (double[] Gradient, double[,] Hessian) Derivatives(IReadOnlyList<double[]> x, IReadOnlyList<bool> y, double[] s, double[] w)
    {
        var d = w.Length;
        var g = new double[d];
        var h = new double[d, d];
        for (var i = 0; i < d - 1; i++)
        {
            (g[i], h[i, i]) = (w[i], 1);
        }

        for (var r = 0; r < x.Count; r++)
        {
            var p = 1 / (1 + Math.Exp(-Margin(x[r], w)));
            double slope = s[r] * (p - (y[r] ? 1 : 0)), curve = s[r] * p * (1 - p);
            for (var i = 0; i < d; i++)
            {
                var xi = i == d - 1 ? 1 : x[r][i];
                g[i] += slope * xi;
                for (var j = 0; j <= i; j++)
                {
                    h[i, j] += curve * xi * (j == d - 1 ? 1 : x[r][j]);
                }
            }
        }

        return (g, h);
    }
}

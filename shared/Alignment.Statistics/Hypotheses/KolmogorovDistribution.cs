namespace Alignment.Statistics.Hypotheses;

/// <summary>Distribution of the two-sided one-sample Kolmogorov statistic (Marsaglia, Tsang and Wang 2003).</summary>
public static class KolmogorovDistribution
{
    /// <summary>P(D_n &lt; d), exact up to rounding.</summary>
    public static double Cdf(int n, double d)
    {
        if (d <= 0 || n < 1)
        {
            return 0;
        }

        if (d >= 1)
        {
            return 1;
        }

        var k = (int)(n * d) + 1;
        var size = (2 * k) - 1;
        var h = k - (n * d);
        var (power, exponent) = Power(Transition(size, k, h), n);
        var s = power[k - 1, k - 1];
        for (var i = 1; i <= n; i++)
        {
            s *= (double)i / n;
            if (s < 1e-140)
            {
                s *= 1e140;
                exponent -= 140;
            }
        }

        return s * Math.Pow(10, exponent);
    }

    private static double[,] Transition(int size, int k, double h)
    {
        var t = new double[size, size];
        for (var i = 0; i < size; i++)
        {
            for (var j = 0; j < size; j++)
            {
                t[i, j] = i - j + 1 < 0 ? 0 : 1;
            }
        }

        for (var i = 0; i < size; i++)
        {
            t[i, 0] -= Math.Pow(h, i + 1);
            t[size - 1, i] -= Math.Pow(h, size - i);
        }

        t[size - 1, 0] += (2 * h) - 1 > 0 ? Math.Pow((2 * h) - 1, size) : 0;
        for (var i = 0; i < size; i++)
        {
            for (var j = 0; j < size; j++)
            {
                for (var g = 1; g <= i - j + 1; g++)
                {
                    t[i, j] /= g;
                }
            }
        }

        return t;
    }

    // matrix^n with a decimal exponent kept apart, by squaring.
    private static (double[,] Power, int Exponent) Power(double[,] matrix, int n)
    {
        if (n == 1)
        {
            return (matrix, 0);
        }

        var (half, exponent) = Power(matrix, n / 2);
        var square = Product(half, half);
        exponent *= 2;
        if (n % 2 == 1)
        {
            square = Product(matrix, square);
        }

        var middle = square.GetLength(0) / 2;
        if (square[middle, middle] > 1e140)
        {
            for (var i = 0; i < square.GetLength(0); i++)
            {
                for (var j = 0; j < square.GetLength(1); j++)
                {
                    square[i, j] *= 1e-140;
                }
            }

            exponent += 140;
        }

        return (square, exponent);
    }

    private static double[,] Product(double[,] a, double[,] b)
    {
        var n = a.GetLength(0);
        var c = new double[n, n];
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j++)
            {
                double sum = 0;
                for (var k = 0; k < n; k++)
                {
                    sum += a[i, k] * b[k, j];
                }

                c[i, j] = sum;
            }
        }

        return c;
    }
}

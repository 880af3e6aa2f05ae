using MathNet.Numerics.LinearAlgebra;

namespace Alignment.Statistics.Aggregation;

/// <summary>Newton's method with numerical derivatives and step halving, for smooth concave functions of few parameters.</summary>
internal static class NewtonMaximum
{
    public static double[] Find(Func<double[], double> f, double[] start)
    {
        var x = start;
        for (var iteration = 0; iteration < 100; iteration++)
        {
            var (gradient, hessian) = Derivatives(f, x);
            var direction = (-hessian).Solve(Vector<double>.Build.Dense(gradient));
            var scale = 1.0;
            var here = f(x);
            double[] next;
            do
            {
                next = [.. x.Select((v, i) => v + (scale * direction[i]))];
                scale /= 2;
            }
            while (!(f(next) >= here - 1e-12) && scale > 1e-10);
            var moved = next.Zip(x, (a, b) => Math.Abs(a - b)).Max();
            x = next;
            if (moved < 1e-10)
            {
                break;
            }
        }

        return x;
    }

    // Fourth-order differences for the gradient, second-order for the curvature, which only steers.
    private static (double[] Gradient, Matrix<double> Hessian) Derivatives(Func<double[], double> f, double[] x)
    {
        double At(int i, double di, int j = 0, double dj = 0)
        {
            double[] p = [.. x];
            p[i] += di;
            p[j] += dj;
            return f(p);
        }

        const double Wide = 1e-3;
        var n = x.Length;
        var gradient = new double[n];
        var hessian = Matrix<double>.Build.Dense(n, n);
        var here = f(x);
        for (var i = 0; i < n; i++)
        {
            gradient[i] = ((8 * (At(i, Wide) - At(i, -Wide))) - (At(i, 2 * Wide) - At(i, -2 * Wide))) / (12 * Wide);
            hessian[i, i] = (At(i, Wide) - (2 * here) + At(i, -Wide)) / (Wide * Wide);
            for (var j = 0; j < i; j++)
            {
                hessian[i, j] = hessian[j, i] = (At(i, Wide, j, Wide) - At(i, Wide, j, -Wide) - At(i, -Wide, j, Wide) + At(i, -Wide, j, -Wide)) / (4 * Wide * Wide);
            }
        }

        return (gradient, hessian);
    }
}

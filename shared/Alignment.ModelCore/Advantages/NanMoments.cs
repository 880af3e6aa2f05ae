using System.Numerics;

namespace Alignment.ModelCore.Advantages;

/// <summary>Mean and deviation over what is not NaN, summed from left to right in one precision.</summary>
internal static class NanMoments<T>
    where T : IFloatingPointIeee754<T>
{
    /// <summary>The deviation has Bessel's correction and is NaN for fewer than two values.</summary>
    public static (T Mean, T Deviation) Of(T[] values)
    {
        var (sum, count) = Sum(values, T.Zero, square: false);
        var mean = sum / T.CreateChecked(count);
        var squares = Sum(values, mean, square: true).Sum;
        T n = T.CreateChecked(count), correction = count > 1 ? n / (n - T.One) : T.NaN;
        return (mean, T.Sqrt(squares / n * correction));
    }

    private static (T Sum, int Count) Sum(T[] values, T centre, bool square)
    {
        var (sum, count) = (T.Zero, 0);
        foreach (var x in values.Where(x => !T.IsNaN(x)))
        {
            var d = x - centre;
            sum += square ? d * d : d;
            count++;
        }

        return (sum, count);
    }
}

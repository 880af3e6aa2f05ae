using System.Globalization;
using System.Numerics;

namespace Alignment.Text.Templates.Values;

/// <summary>Correctly rounded decimal text of doubles: exact arithmetic, ties to even, as C's printf in Python.</summary>
internal static class PyFloatFormat
{
    /// <summary>|d| with <paramref name="precision"/> digits after the point.</summary>
    public static string Fixed(double d, int precision)
    {
        var (mantissa, exponent) = Exact(Math.Abs(d));
        var scaled = mantissa * BigInteger.Pow(10, precision);
        var digits = Shift(scaled, exponent).ToString(CultureInfo.InvariantCulture).PadLeft(precision + 1, '0');
        return precision == 0 ? digits : digits[..^precision] + "." + digits[^precision..];
    }

    /// <summary>Rounded digits d1d2… (precision + 1 of them) and the exponent of d1.d2….</summary>
    public static (string Digits, int Exponent) Scientific(double d, int precision)
    {
        d = Math.Abs(d);
        if (d == 0)
        {
            return (new string('0', precision + 1), 0);
        }

        var (mantissa, binary) = Exact(d);
        var exponent = PyNumber.Shortest(d).Exponent;
        while (true)
        {
            var power = precision - exponent;
            var digits = (power >= 0
                ? Shift(mantissa * BigInteger.Pow(10, power), binary)
                : Divide(binary >= 0 ? mantissa << binary : mantissa, BigInteger.Pow(10, -power) << Math.Max(0, -binary))).ToString(CultureInfo.InvariantCulture);
            if (digits.Length == precision + 1)
            {
                return (digits, exponent);
            }

            exponent += digits.Length > precision + 1 ? 1 : -1;
        }
    }

    /// <summary>Python's <c>round(d, digits)</c>.</summary>
    public static double Round(double d, long digits)
    {
        if (double.IsNaN(d) || double.IsInfinity(d) || digits > 323 || d == 0)
        {
            return d;
        }

        if (digits < -308)
        {
            return Math.CopySign(0.0, d);
        }

        if (digits >= 0)
        {
            return Math.CopySign(double.Parse(Fixed(d, (int)digits), CultureInfo.InvariantCulture), d);
        }

        var (mantissa, binary) = Exact(Math.Abs(d));
        var unit = BigInteger.Pow(10, (int)-digits);
        var rounded = Divide(binary >= 0 ? mantissa << binary : mantissa, unit << Math.Max(0, -binary)) * unit;
        return Math.CopySign((double)rounded, d);
    }

    /// <summary>The rational a/b rounded to an integer, ties to even.</summary>
    public static BigInteger Divide(BigInteger a, BigInteger b)
    {
        var quotient = BigInteger.DivRem(a, b, out var rest);
        var twice = (rest * 2).CompareTo(b);
        return twice > 0 || (twice == 0 && !quotient.IsEven) ? quotient + 1 : quotient;
    }

    private static BigInteger Shift(BigInteger value, int binary) => binary >= 0 ? value << binary : Divide(value, BigInteger.One << -binary);

    private static (BigInteger Mantissa, int Exponent) Exact(double d)
    {
        var bits = BitConverter.DoubleToInt64Bits(d);
        var exponent = (int)((bits >> 52) & 0x7FF);
        var fraction = bits & 0xFFFFFFFFFFFFF;
        return exponent == 0 ? (fraction, -1074) : (fraction | (1L << 52), exponent - 1075);
    }
}

using System.Globalization;
using System.Numerics;

namespace Alignment.Text.Templates.Values;

/// <summary>Integers of any size (long, and BigInteger beyond it), floats, and Python's text of both.</summary>
internal static class PyNumber
{
    public static object Normalize(BigInteger i) => i >= long.MinValue && i <= long.MaxValue ? (object)(long)i : i;

    public static BigInteger ToBig(object? value) => value switch
    {
        long i => i,
        bool b => b ? 1 : 0,
        BigInteger i => i,
        _ => throw TemplateException.TypeError($"'{PyTypes.Name(value)}' object cannot be interpreted as an integer"),
    };

    public static double ToDouble(object? value)
    {
        var d = ToDoubleOrInfinity(value);
        return double.IsInfinity(d) && value is BigInteger ? throw TemplateException.Other("OverflowError", "int too large to convert to float") : d;
    }

    public static double ToDoubleOrInfinity(object? value) => value switch
    {
        double d => d,
        long i => i,
        bool b => b ? 1 : 0,
        BigInteger i => (double)i,
        Undefined u => throw u.Error(),
        _ => throw TemplateException.TypeError($"must be real number, not {PyTypes.Name(value)}"),
    };

    /// <summary>An index or count: what Python calls <c>__index__</c>, clamped to long.</summary>
    public static long ToIndex(object? value) => value switch
    {
        long i => i,
        bool b => b ? 1 : 0,
        BigInteger i => i.Sign < 0 ? long.MinValue : long.MaxValue,
        Undefined => throw TemplateException.TypeError("'Undefined' object cannot be interpreted as an integer"),
        _ => throw TemplateException.TypeError($"'{PyTypes.Name(value)}' object cannot be interpreted as an integer"),
    };

    /// <summary>Python's <c>repr</c> of a float: the shortest text that reads back to the same value.</summary>
    public static string Repr(double d)
    {
        if (double.IsNaN(d))
        {
            return "nan";
        }

        if (double.IsInfinity(d))
        {
            return d > 0 ? "inf" : "-inf";
        }

        if (d == 0)
        {
            return double.IsNegative(d) ? "-0.0" : "0.0";
        }

        var (negative, digits, exponent) = Shortest(d);
        return (negative ? "-" : "") + Layout(digits, exponent, 16, true);
    }

    /// <summary>Shortest digits d1d2… and the exponent of d1.d2….</summary>
    public static (bool Negative, string Digits, int Exponent) Shortest(double d)
    {
        var shortest = Math.Abs(d).ToString("R", CultureInfo.InvariantCulture);
        var e = shortest.IndexOf('E', StringComparison.Ordinal);
        var mantissa = e < 0 ? shortest : shortest[..e];
        var exponent = e < 0 ? 0 : int.Parse(shortest.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var dot = mantissa.IndexOf('.', StringComparison.Ordinal);
        var whole = dot < 0 ? mantissa : mantissa[..dot];
        var digits = whole + (dot < 0 ? "" : mantissa[(dot + 1)..]);
        var leading = digits.Length - digits.TrimStart('0').Length;
        exponent += whole.Length - 1 - leading;
        digits = digits.TrimStart('0').TrimEnd('0');
        return (d < 0, digits.Length == 0 ? "0" : digits, exponent);
    }

    /// <summary>Fixed notation for exponents in [-4, limit), scientific otherwise; <paramref name="pointZero"/> keeps ".0".</summary>
    public static string Layout(string digits, int exponent, int limit, bool pointZero)
    {
        if (exponent < -4 || exponent >= limit)
        {
            var sign = exponent < 0 ? '-' : '+';
            return $"{digits[0]}{(digits.Length > 1 ? "." + digits[1..] : "")}e{sign}{Math.Abs(exponent):00}";
        }

        if (exponent < 0)
        {
            return "0." + new string('0', -exponent - 1) + digits;
        }

        if (digits.Length <= exponent + 1)
        {
            return digits + new string('0', exponent + 1 - digits.Length) + (pointZero ? ".0" : "");
        }

        return digits[..(exponent + 1)] + "." + digits[(exponent + 1)..];
    }

    /// <summary>Python's <c>int(text, radix)</c>; null where Python raises ValueError.</summary>
    public static object? ParseInteger(string text, long radix)
    {
        var s = PyText.Strip(text, null, true, true);
        var negative = s.StartsWith('-');
        s = negative || s.StartsWith('+') ? s[1..] : s;
        var prefix = s.Length > 1 && s[0] == '0' ? char.ToLowerInvariant(s[1]) switch { 'x' => 16, 'o' => 8, 'b' => 2, _ => 0 } : 0;
        if (prefix != 0 && (radix == prefix || radix == 0))
        {
            s = s[2..];
            s = s.StartsWith('_') ? s[1..] : s;
            radix = prefix;
        }
        else if (radix == 0)
        {
            radix = 10;
            if (s.Length > 1 && s[0] == '0' && s.Trim('0', '_').Length > 0)
            {
                return null;
            }
        }

        if (radix is < 2 or > 36 || s.Length == 0 || s.Length > 4300 || s.StartsWith('_') || s.EndsWith('_') || s.Contains("__", StringComparison.Ordinal))
        {
            return null;
        }

        var value = BigInteger.Zero;
        foreach (var rune in s.Replace("_", "", StringComparison.Ordinal).EnumerateRunes())
        {
            var digit = rune.Value is >= 'a' and <= 'z' ? rune.Value - 'a' + 10
                : rune.Value is >= 'A' and <= 'Z' ? rune.Value - 'A' + 10
                : System.Text.Rune.GetUnicodeCategory(rune) == UnicodeCategory.DecimalDigitNumber ? (int)System.Text.Rune.GetNumericValue(rune) : 99;
            if (digit >= radix)
            {
                return null;
            }

            value = (value * radix) + digit;
        }

        return Normalize(negative ? -value : value);
    }

    /// <summary>Python's <c>float(text)</c>; null where Python raises ValueError.</summary>
    public static double? ParseFloat(string text)
    {
        var s = PyText.Strip(text, null, true, true).ToLowerInvariant();
        var negative = s.StartsWith('-');
        s = negative || s.StartsWith('+') ? s[1..] : s;
        var special = s switch { "inf" or "infinity" => double.PositiveInfinity, "nan" => double.NaN, _ => 0.0 };
        if (special != 0)
        {
            return negative ? -special : special;
        }

        for (var i = 0; i < s.Length; i++)
        {
            var inside = i > 0 && i < s.Length - 1 && char.IsAsciiDigit(s[i - 1]) && char.IsAsciiDigit(s[i + 1]);
            if (!(char.IsAsciiDigit(s[i]) || s[i] is '.' or 'e' || (s[i] is '+' or '-' && i > 0 && s[i - 1] == 'e') || (s[i] == '_' && inside)))
            {
                return null;
            }
        }

        return double.TryParse(s.Replace("_", "", StringComparison.Ordinal), NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var d)
            ? (negative ? -d : d) : null;
    }
}

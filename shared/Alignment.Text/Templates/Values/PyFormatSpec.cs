using System.Globalization;
using System.Numerics;
using System.Text;
using Alignment.Text.Templates.Runtime;

namespace Alignment.Text.Templates.Values;

/// <summary>Python's format mini-language, <c>[[fill]align][sign][z][#][0][width][grouping][.precision][type]</c>.</summary>
internal sealed class PyFormatSpec
{
    private int fill = ' ';
    private char align;
    private char sign = '-';
    private bool alternate;
    private bool zero;
    private long width;
    private char grouping;
    private long? precision;
    private char type;

    public static string Format(object? value, string spec, RenderState state)
    {
        if (spec.Length == 0)
        {
            return PyRepr.Str(value);
        }

        if (value is not (string or Markup or bool or long or BigInteger or double))
        {
            throw TemplateException.TypeError($"unsupported format string passed to {PyTypes.Name(value)}.__format__");
        }

        var f = Parse(spec, value);
        state.Allocate(Math.Max(f.width, f.precision ?? 0));
        return f.Apply(value);
    }

    private static PyFormatSpec Parse(string spec, object? value)
    {
        var f = new PyFormatSpec();
        var points = PyText.CodePoints(spec);
        var i = 0;
        if (points.Length > 1 && points[1] is '<' or '>' or '=' or '^')
        {
            (f.fill, f.align, i) = (points[0], (char)points[1], 2);
        }
        else if (points[0] is '<' or '>' or '=' or '^')
        {
            (f.align, i) = ((char)points[0], 1);
        }

        bool Take(char c) => i < points.Length && points[i] == c && ++i > 0;
        long? Number()
        {
            long? n = null;
            while (i < points.Length && points[i] is >= '0' and <= '9')
            {
                n = Math.Min(((n ?? 0) * 10) + points[i++] - '0', int.MaxValue);
            }

            return n;
        }

        f.sign = Take('+') ? '+' : Take(' ') ? ' ' : Take('-') ? '-' : '-';
        _ = Take('z');
        f.alternate = Take('#');
        if (Take('0'))
        {
            f.zero = true;
        }

        f.width = Number() ?? 0;
        f.grouping = Take(',') ? ',' : Take('_') ? '_' : '\0';
        if (Take('.'))
        {
            f.precision = Number() ?? throw TemplateException.ValueError("Format specifier missing precision");
        }

        if (i < points.Length)
        {
            f.type = points[i] < 0x80 ? (char)points[i] : '?';
            i++;
        }

        return i == points.Length ? f : throw TemplateException.ValueError($"Invalid format specifier '{spec}' for object of type '{PyTypes.Name(value)}'");
    }

    private string Apply(object? value)
    {
        if (PyTypes.TryString(value, out var text))
        {
            if (type is not ('\0' or 's'))
            {
                throw Unknown(value);
            }

            if (align == '=')
            {
                throw TemplateException.ValueError("'=' alignment not allowed in string format specifier");
            }

            var cut = precision is { } p && PyText.Length(text) > p ? text[..PyText.Offset(text, p)] : text;
            return Pad("", cut, align == '\0' ? '<' : align);
        }

        if (value is bool && type == '\0')
        {
            return new PyFormatSpec { fill = fill, align = align, sign = sign, zero = zero, width = width, grouping = grouping, precision = precision, type = 'd' }.Apply(value);
        }

        var numberSign = "";
        string digits;
        if (value is double || type is 'e' or 'E' or 'f' or 'F' or 'g' or 'G' or '%')
        {
            (numberSign, digits) = Floating(PyNumber.ToDouble(value), value);
        }
        else
        {
            (numberSign, digits) = Whole(PyNumber.ToBig(value), value);
        }

        var padZero = zero && align == '\0';
        return Pad(numberSign, digits, align == '\0' ? (padZero ? '=' : '>') : align, padZero || (zero && fill == ' ') ? '0' : fill);
    }

    private (string Sign, string Digits) Whole(BigInteger value, object? original)
    {
        if (precision is not null)
        {
            throw TemplateException.ValueError("Precision not allowed in integer format specifier");
        }

        var magnitude = BigInteger.Abs(value);
        var digits = type switch
        {
            '\0' or 'd' or 'n' => PyRepr.Of(PyNumber.Normalize(magnitude)),
            'x' => Hex(magnitude),
            'X' => Hex(magnitude).ToUpperInvariant(),
            'o' => Radix(magnitude, 8),
            'b' => Radix(magnitude, 2),
            'c' => value >= 0 && value < 0x110000 ? PyText.FromCodePoint((int)value) : throw TemplateException.Other("OverflowError", "%c arg not in range(0x110000)"),
            _ => throw Unknown(original),
        };
        var prefix = alternate && type is 'x' or 'X' or 'o' or 'b' ? "0" + type : "";
        var grouped = grouping == '\0' ? digits : Group(digits, type is 'x' or 'X' or 'o' or 'b' ? 4 : 3);
        return (SignOf(value.Sign < 0) + prefix, grouped);
    }

    private (string Sign, string Digits) Floating(double value, object? original)
    {
        if (double.IsNaN(value) || double.IsInfinity(value))
        {
            var name = double.IsNaN(value) ? "nan" : "inf";
            return (SignOf(value < 0), (type is 'F' or 'E' or 'G' ? name.ToUpperInvariant() : name) + (type == '%' ? "%" : ""));
        }

        var p = (int)Math.Min(precision ?? 6, 100_000);
        var digits = type switch
        {
            'f' or 'F' => PyFloatFormat.Fixed(value, p),
            '%' => PyFloatFormat.Fixed(value * 100, p) + "%",
            'e' or 'E' => Exponential(value, p),
            'g' or 'G' or 'n' => General(value, p, false),
            '\0' => precision is null ? PyNumber.Repr(Math.Abs(value)) : General(value, p, true),
            _ => throw Unknown(original),
        };
        digits = char.IsUpper(type) ? digits.ToUpperInvariant() : digits;
        if (grouping != '\0')
        {
            var end = digits.AsSpan().IndexOfAnyExceptInRange('0', '9');
            digits = end < 0 ? Group(digits, 3) : Group(digits[..end], 3) + digits[end..];
        }

        return (SignOf(double.IsNegative(value)), digits);
    }

    public static string Exponential(double value, int precision)
    {
        var (digits, exponent) = PyFloatFormat.Scientific(value, precision);
        return $"{digits[0]}{(precision > 0 ? "." + digits[1..] : "")}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent).ToString("00", CultureInfo.InvariantCulture)}";
    }

    public static string General(double value, int precision, bool pointZero)
    {
        precision = Math.Max(precision, 1);
        var (digits, exponent) = PyFloatFormat.Scientific(value, precision - 1);
        digits = digits.TrimEnd('0');
        return PyNumber.Layout(digits.Length == 0 ? "0" : digits, exponent, pointZero && exponent == precision - 1 ? precision - 1 : precision, pointZero);
    }

    private string SignOf(bool negative) => negative ? "-" : sign == '-' ? "" : sign.ToString();

    private string Group(string digits, int size)
    {
        var text = new StringBuilder();
        for (var i = 0; i < digits.Length; i++)
        {
            if (i > 0 && (digits.Length - i) % size == 0)
            {
                text.Append(grouping);
            }

            text.Append(digits[i]);
        }

        return text.ToString();
    }

    private string Pad(string numberSign, string text, char where, int? with = null)
    {
        var pad = (int)Math.Max(0, width - PyText.Length(numberSign) - PyText.Length(text));
        string Fill(int n) => PyText.FromCodePoints(Enumerable.Repeat(with ?? fill, n));
        return where switch
        {
            '<' => numberSign + text + Fill(pad),
            '^' => Fill(pad / 2) + numberSign + text + Fill(pad - (pad / 2)),
            '=' => numberSign + Fill(pad) + text,
            _ => Fill(pad) + numberSign + text,
        };
    }

    public static string Hex(BigInteger value) => value.IsZero ? "0" : value.ToString("x", CultureInfo.InvariantCulture).TrimStart('0');

    public static string Radix(BigInteger value, int radix)
    {
        var text = new StringBuilder();
        for (; !value.IsZero; value /= radix)
        {
            text.Insert(0, (char)('0' + (int)(value % radix)));
        }

        return text.Length == 0 ? "0" : text.ToString();
    }

    private TemplateException Unknown(object? value) => TemplateException.ValueError($"Unknown format code '{type}' for object of type '{PyTypes.Name(value)}'");
}

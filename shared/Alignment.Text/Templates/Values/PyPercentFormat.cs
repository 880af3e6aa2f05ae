using System.Text;
using Alignment.Text.Templates.Runtime;

namespace Alignment.Text.Templates.Values;

/// <summary>printf-style formatting, <c>'%s' % value</c>.</summary>
internal sealed class PyPercentFormat
{
    private readonly string format;
    private readonly object? values;
    private readonly bool markup;
    private readonly RenderState state;
    private int next;
    private int i;

    private PyPercentFormat(string format, object? values, bool markup, RenderState state)
    {
        this.format = format;
        this.values = values;
        this.markup = markup;
        this.state = state;
    }

    public static object Format(object format, object? values, RenderState state)
    {
        var f = new PyPercentFormat(PyRepr.Str(format), values, format is Markup, state);
        var text = f.Run();
        return format is Markup ? new Markup(text) : text;
    }

    private string Run()
    {
        var text = new StringBuilder();
        while (i < format.Length)
        {
            var c = format[i++];
            if (c != '%')
            {
                text.Append(c);
                continue;
            }

            text.Append(Conversion());
            state.Allocate(0);
            if (text.Length > 64_000_000)
            {
                throw TemplateException.Limit("the formatted text is too long");
            }
        }

        var unused = values is PyTuple t ? next < t.Items.Length : next == 0 && values is not (PyDict or Undefined or PyList or PyRange or PyBytes);
        state.Allocate(text.Length);
        return unused ? throw TemplateException.TypeError("not all arguments converted during string formatting") : text.ToString();
    }

    private string Conversion()
    {
        object? mapped = Missing.Value;
        if (Peek() == '(')
        {
            mapped = Mapped();
        }

        bool left = false, plus = false, blank = false, zero = false, alternate = false;
        for (; Peek() is '-' or '+' or ' ' or '0' or '#'; i++)
        {
            left |= format[i] == '-';
            plus |= format[i] == '+';
            blank |= format[i] == ' ';
            zero |= format[i] == '0';
            alternate |= format[i] == '#';
        }

        var width = Count() ?? 0;
        if (width < 0)
        {
            (left, width) = (true, -width);
        }

        long? precision = null;
        if (Peek() == '.')
        {
            i++;
            precision = Math.Max(0, Count() ?? 0);
        }

        while (Peek() is 'l' or 'h' or 'L')
        {
            i++;
        }

        if (i >= format.Length)
        {
            throw TemplateException.ValueError("incomplete format");
        }

        var type = format[i++];
        state.Allocate(Math.Max(width, precision ?? 0));
        if (type == '%')
        {
            return "%";
        }

        var (sign, body) = Body(type, mapped is Missing ? Next() : mapped, precision, alternate);
        sign = sign.Length > 0 || type is 's' or 'r' or 'a' or 'c' ? sign : plus ? "+" : blank ? " " : "";
        var pad = (int)Math.Max(0, width - PyText.Length(sign) - PyText.Length(body));
        return left ? sign + body + new string(' ', pad)
            : zero && type is not ('s' or 'r' or 'a' or 'c') ? sign + new string('0', pad) + body
            : new string(' ', pad) + sign + body;
    }

    private (string Sign, string Body) Body(char type, object? value, long? precision, bool alternate)
    {
        switch (type)
        {
            case 's' or 'r' or 'a':
                var text = type == 's' ? PyRepr.Str(value) : PyRepr.Of(value);
                text = precision is { } p && PyText.Length(text) > p ? text[..PyText.Offset(text, p)] : text;
                return ("", markup && value is not Markup ? Markup.Escape(text) : text);
            case 'c':
                return ("", PyTypes.TryString(value, out var c) && PyText.Length(c) == 1 ? c
                    : PyTypes.IsInteger(value) && PyNumber.ToBig(value) is var n && n >= 0 && n < 0x110000 ? PyText.FromCodePoint((int)n)
                    : throw TemplateException.TypeError("%c requires int or char"));
            case 'd' or 'i' or 'u' or 'x' or 'X' or 'o':
                return Whole(type, value, precision, alternate);
            case 'f' or 'F' or 'e' or 'E' or 'g' or 'G':
                return Floating(type, value, precision);
            default:
                throw TemplateException.ValueError($"unsupported format character '{type}' (0x{(int)type:x}) at index {i - 1}");
        }
    }

    private static (string Sign, string Body) Whole(char type, object? value, long? precision, bool alternate)
    {
        if (!PyTypes.IsInteger(value) && !(type is 'd' or 'i' or 'u' && value is double))
        {
            throw TemplateException.TypeError($"%{type} format: {(type is 'd' or 'i' or 'u' ? "a real number" : "an integer")} is required, not {PyTypes.Name(value)}");
        }

        var n = PyNumber.ToBig(value is double d ? PyConvert.Truncate(d) : value);
        var magnitude = System.Numerics.BigInteger.Abs(n);
        var digits = type switch
        {
            'x' => PyFormatSpec.Hex(magnitude),
            'X' => PyFormatSpec.Hex(magnitude).ToUpperInvariant(),
            'o' => PyFormatSpec.Radix(magnitude, 8),
            _ => PyRepr.Of(PyNumber.Normalize(magnitude)),
        };
        digits = digits.PadLeft((int)(precision ?? 0), '0');
        return (n.Sign < 0 ? "-" : "", (alternate && type is 'x' or 'X' or 'o' ? "0" + type : "") + digits);
    }

    private static (string Sign, string Body) Floating(char type, object? value, long? precision)
    {
        if (!PyTypes.IsNumber(value))
        {
            throw TemplateException.TypeError($"must be real number, not {PyTypes.Name(value)}");
        }

        var d = PyNumber.ToDouble(value);
        var p = (int)Math.Min(precision ?? 6, 100_000);
        var text = double.IsNaN(d) ? "nan" : double.IsInfinity(d) ? "inf" : char.ToLowerInvariant(type) switch
        {
            'f' => PyFloatFormat.Fixed(d, p),
            'e' => PyFormatSpec.Exponential(d, p),
            _ => PyFormatSpec.General(d, p, false),
        };
        return (double.IsNegative(d) ? "-" : "", char.IsUpper(type) ? text.ToUpperInvariant() : text);
    }

    private object? Mapped()
    {
        if (values is not PyDict d)
        {
            throw TemplateException.TypeError("format requires a mapping");
        }

        var begin = ++i;
        for (var open = 1; open > 0; i++)
        {
            if (i >= format.Length)
            {
                throw TemplateException.ValueError("incomplete format key");
            }

            open += format[i] == '(' ? 1 : format[i] == ')' ? -1 : 0;
        }

        var key = format[begin..(i - 1)];
        next = 1;
        return d.TryGet(key, out var value) ? value : throw TemplateException.KeyError(PyRepr.Of(key));
    }

    private char Peek() => i < format.Length ? format[i] : '\0';

    private long? Count()
    {
        if (Peek() == '*')
        {
            i++;
            return Next() is var n && PyTypes.IsInteger(n) ? PyNumber.ToIndex(n) : throw TemplateException.TypeError("* wants int");
        }

        long? count = null;
        for (; Peek() is >= '0' and <= '9'; i++)
        {
            count = Math.Min(((count ?? 0) * 10) + format[i] - '0', int.MaxValue);
        }

        return count;
    }

    private object? Next()
    {
        if (values is PyTuple t)
        {
            return next < t.Items.Length ? t.Items[next++] : throw TemplateException.TypeError("not enough arguments for format string");
        }

        return next++ == 0 ? values : throw TemplateException.TypeError("not enough arguments for format string");
    }
}

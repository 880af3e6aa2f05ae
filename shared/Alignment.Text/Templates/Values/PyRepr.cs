using System.Globalization;
using System.Numerics;
using System.Text;
using Alignment.Text.Templates.Runtime;

namespace Alignment.Text.Templates.Values;

/// <summary>Python's <c>str()</c> and <c>repr()</c>.</summary>
internal static class PyRepr
{
    public static string Str(object? value) => value switch
    {
        string s => s,
        Markup m => m.Value,
        Undefined => "",
        _ => Of(value),
    };

    public static string Of(object? value)
    {
        switch (value)
        {
            case null:
                return "None";
            case bool b:
                return b ? "True" : "False";
            case long i:
                return i.ToString(CultureInfo.InvariantCulture);
            case double d:
                return PyNumber.Repr(d);
            case string s:
                return Quote(s, "");
        }

        var text = new StringBuilder();
        Append(text, value);
        return text.ToString();
    }

    /// <summary>The longest text one value may print as; a nest of shared lists can otherwise grow without end.</summary>
    private const int LongestText = 64_000_000;

    private static void Append(StringBuilder to, object? value)
    {
        StackGuard.Check();
        if (to.Length > LongestText)
        {
            throw TemplateException.Limit("the text of a value is too long");
        }

        switch (value)
        {
            case PyList l:
                Sequence(to, l.Items, '[', ']');
                break;
            case PyTuple { Items.Length: 1 } one:
                to.Append('(');
                Append(to, one.Items[0]);
                to.Append(",)");
                break;
            case PyTuple t:
                Sequence(to, t.Items, '(', ')');
                break;
            case PyDict d:
                Mapping(to, d);
                break;
            case DictView v:
                to.Append(v.TypeName).Append('(');
                Sequence(to, Enumerable.Range(0, v.Count).Select(v.At), '[', ']');
                to.Append(')');
                break;
            case PyNamespace n:
                to.Append("<Namespace ");
                Mapping(to, n.Attributes);
                to.Append('>');
                break;
            default:
                to.Append(Atom(value));
                break;
        }
    }

    private static string Atom(object? value) => value switch
    {
        null or bool or long or double or string => Of(value),
        BigInteger i => LimitedDigits(i),
        Markup m => $"Markup({Quote(m.Value, "")})",
        Undefined => "Undefined",
        PyBytes b => Bytes(b.Value),
        PyRange r => r.Step == 1 ? $"range({r.Start}, {r.Stop})" : $"range({r.Start}, {r.Stop}, {r.Step})",
        LoopContext loop => loop.ToString(),
        PyCallable c => c.Repr,
        PyObject o => o.Repr,
        _ => $"<{PyTypes.Name(value)} object>",
    };

    private static string LimitedDigits(BigInteger i) => i.GetBitLength() > 14_280
        ? throw TemplateException.ValueError("Exceeds the limit (4300 digits) for integer string conversion; use sys.set_int_max_str_digits() to increase the limit")
        : i.ToString(CultureInfo.InvariantCulture);

    private static void Sequence(StringBuilder to, IEnumerable<object?> items, char open, char close)
    {
        to.Append(open);
        var first = true;
        foreach (var item in items)
        {
            to.Append(first ? "" : ", ");
            first = false;
            Append(to, item);
        }

        to.Append(close);
    }

    private static void Mapping(StringBuilder to, PyDict d)
    {
        to.Append('{');
        var first = true;
        foreach (var (key, value) in d.Entries)
        {
            to.Append(first ? "" : ", ");
            first = false;
            Append(to, key);
            to.Append(": ");
            Append(to, value);
        }

        to.Append('}');
    }

    private static string Bytes(byte[] bytes) =>
        "b" + Quote(string.Concat(bytes.Select(b => (char)b)), "", bytesOnly: true);

    private static string Quote(string s, string prefix, bool bytesOnly = false)
    {
        var quote = s.Contains('\'', StringComparison.Ordinal) && !s.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        var text = new StringBuilder(s.Length + 2).Append(prefix).Append(quote);
        for (var i = 0; i < s.Length;)
        {
            var c = PyText.At(s, i, out var used);
            i += used;
            switch (c)
            {
                case '\\':
                    text.Append("\\\\");
                    break;
                case '\n':
                    text.Append("\\n");
                    break;
                case '\r':
                    text.Append("\\r");
                    break;
                case '\t':
                    text.Append("\\t");
                    break;
                case var q when q == quote:
                    text.Append('\\').Append(quote);
                    break;
                case >= 0x20 and < 0x7F:
                    text.Append((char)c);
                    break;
                case var p when !bytesOnly && PyText.IsPrintable(p):
                    PyText.Append(text, p);
                    break;
                default:
                    text.Append(c < 0x100 ? $"\\x{c:x2}" : c < 0x10000 ? $"\\u{c:x4}" : $"\\U{c:x8}");
                    break;
            }
        }

        return text.Append(quote).ToString();
    }
}

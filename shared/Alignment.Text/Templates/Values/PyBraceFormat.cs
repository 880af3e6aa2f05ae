using System.Globalization;
using System.Text;
using Alignment.Text.Templates.Runtime;

namespace Alignment.Text.Templates.Values;

/// <summary><c>str.format</c> and <c>format_map</c>; fields reach into values only as far as the sandbox lets the template itself.</summary>
internal sealed class PyBraceFormat(CallArguments arguments, PyDict? mapping, bool markup, RenderState state)
{
    private int automatic;

    public string Run(string format, int depth = 2)
    {
        if (depth < 0)
        {
            throw TemplateException.ValueError("Max string recursion exceeded");
        }

        var text = new StringBuilder();
        for (var i = 0; i < format.Length; i++)
        {
            var c = format[i];
            if (c is '{' or '}' && i + 1 < format.Length && format[i + 1] == c)
            {
                text.Append(c);
                i++;
            }
            else if (c == '}')
            {
                throw TemplateException.ValueError("Single '}' encountered in format string");
            }
            else if (c == '{')
            {
                var end = FieldEnd(format, i + 1);
                text.Append(Field(format[(i + 1)..end], depth));
                i = end;
            }
            else
            {
                text.Append(c);
            }
        }

        state.Allocate(text.Length);
        return text.ToString();
    }

    private static int FieldEnd(string format, int i)
    {
        for (var open = 1; i < format.Length; i++)
        {
            open += format[i] == '{' ? 1 : format[i] == '}' ? -1 : 0;
            if (open == 0)
            {
                return i;
            }
        }

        throw TemplateException.ValueError(format.EndsWith('{') ? "Single '{' encountered in format string" : "expected '}' before end of string");
    }

    private string Field(string field, int depth)
    {
        var bracket = false;
        var cut = field.Length;
        for (var i = 0; i < field.Length && cut == field.Length; i++)
        {
            bracket = field[i] == '[' || (bracket && field[i] != ']');
            cut = !bracket && field[i] is '!' or ':' ? i : cut;
        }

        var name = field[..cut];
        var rest = field[cut..];
        var conversion = '\0';
        if (rest.StartsWith('!'))
        {
            if (rest.Length < 2 || (rest.Length > 2 && rest[2] != ':'))
            {
                throw TemplateException.ValueError(rest.Length < 2 ? "end of string while looking for conversion specifier" : "expected ':' after conversion specifier");
            }

            (conversion, rest) = (rest[1], rest[2..]);
        }

        var value = Lookup(name);
        var spec = rest.Length > 0 ? Run(rest[1..], depth - 1) : "";
        value = conversion switch
        {
            '\0' => value,
            's' => PyRepr.Str(value),
            'r' or 'a' => PyRepr.Of(value),
            _ => throw TemplateException.ValueError($"Unknown conversion specifier {conversion}"),
        };
        if (markup)
        {
            return value is Markup m && spec.Length == 0 ? m.Value : Markup.Escape(PyFormatSpec.Format(value, spec, state));
        }

        return value is Undefined && spec.Length == 0 ? "" : PyFormatSpec.Format(value, spec, state);
    }

    private object? Lookup(string name)
    {
        var end = name.AsSpan().IndexOfAny('.', '[');
        var first = end < 0 ? name : name[..end];
        var value = First(first);
        for (var i = end < 0 ? name.Length : end; i < name.Length;)
        {
            if (name[i] == '.')
            {
                var stop = name.AsSpan(i + 1).IndexOfAny('.', '[');
                var attribute = stop < 0 ? name[(i + 1)..] : name.Substring(i + 1, stop);
                value = attribute.Length == 0 ? throw TemplateException.ValueError("Empty attribute in format string") : PyAttributes.GetAttribute(value, attribute);
                i += 1 + attribute.Length;
            }
            else
            {
                var close = name[i] == '[' ? name.IndexOf(']', i) : throw TemplateException.ValueError("Only '.' or '[' may follow ']' in format field specifier");
                var key = close > i + 1 ? name[(i + 1)..close] : throw TemplateException.ValueError(close < 0 ? "Missing ']' in format string" : "Empty attribute in format string");
                value = PyAttributes.GetItem(value, key.All(char.IsAsciiDigit) && key.Length < 10 ? long.Parse(key, CultureInfo.InvariantCulture) : key);
                i = close + 1;
            }
        }

        return value;
    }

    private object? First(string name)
    {
        if (name.Length == 0 || (name.All(char.IsAsciiDigit) && name.Length < 10))
        {
            var index = name.Length == 0 ? automatic++ : int.Parse(name, CultureInfo.InvariantCulture);
            return index < arguments.Positional.Count ? arguments.Positional[index]
                : throw TemplateException.Other("IndexError", $"Replacement index {index} out of range for positional args tuple");
        }

        if (mapping is not null)
        {
            return mapping.TryGet(name, out var value) ? value : throw TemplateException.KeyError(PyRepr.Of(name));
        }

        foreach (var (key, value) in arguments.Named)
        {
            if (key == name)
            {
                return value;
            }
        }

        throw TemplateException.KeyError(PyRepr.Of(name));
    }
}

using System.Numerics;
using Alignment.Text.Templates.Runtime;
using Alignment.Text.Templates.Values;

namespace Alignment.Text.Templates.Filters;

/// <summary>abs, int, float, round, filesizeformat.</summary>
internal static class NumberFilters
{
    public static object? Abs(object? value, CallArguments arguments, RenderState state)
    {
        arguments.Bind("abs");
        return value switch
        {
            double d => Math.Abs(d),
            long or bool or BigInteger => PyNumber.Normalize(BigInteger.Abs(PyNumber.ToBig(value))),
            _ => throw TemplateException.TypeError($"bad operand type for abs(): '{PyTypes.Name(value)}'"),
        };
    }

    public static object? Int(object? value, CallArguments arguments, RenderState state)
    {
        var p = arguments.Bind("int", "default?", "base?");
        var radix = p[1] is Missing ? 10 : PyNumber.ToIndex(p[1]);
        if (PyConvert.ToInteger(value, radix) is { } whole)
        {
            return whole;
        }

        var d = PyConvert.ToFloat(value);
        return d is null || double.IsNaN(d.Value) || double.IsInfinity(d.Value) ? (p[0] is Missing ? 0L : p[0]) : PyConvert.Truncate(d.Value);
    }

    public static object? Float(object? value, CallArguments arguments, RenderState state)
    {
        var p = arguments.Bind("float", "default?");
        return PyConvert.ToFloat(value) is { } d ? d : p[0] is Missing ? 0.0 : p[0];
    }

    public static object? Round(object? value, CallArguments arguments, RenderState state)
    {
        var p = arguments.Bind("round", "precision?", "method?");
        var method = p[1] is Missing ? "common" : PyRepr.Str(p[1]);
        if (method is not ("common" or "ceil" or "floor"))
        {
            throw TemplateException.Other("FilterArgumentError", "method must be common, ceil or floor");
        }

        if (method == "common")
        {
            return Common(value, p[0] is Missing ? 0L : p[0]);
        }

        var power = PyOperators.Binary("**", 10L, p[0] is Missing ? 0L : p[0], state);
        var scaled = PyNumber.ToDouble(PyOperators.Binary("*", value, power, state));
        var whole = PyConvert.Truncate(method == "ceil" ? Math.Ceiling(scaled) : Math.Floor(scaled));
        return PyOperators.Binary("/", whole, power, state);
    }

    public static object? FileSize(object? value, CallArguments arguments, RenderState state)
    {
        var binary = BuiltinFilters.Flag(arguments.Bind("filesizeformat", "binary?")[0]);
        var bytes = PyConvert.ToFloat(value) ?? throw (PyTypes.IsString(value)
            ? TemplateException.ValueError($"could not convert string to float: {PyRepr.Of(PyRepr.Str(value))}")
            : TemplateException.TypeError($"float() argument must be a string or a real number, not '{PyTypes.Name(value)}'"));
        double unit = binary ? 1024 : 1000;
        if (bytes == 1)
        {
            return "1 Byte";
        }

        if (bytes < unit)
        {
            return PyRepr.Of(PyConvert.Truncate(bytes)) + " Bytes";
        }

        var power = 1;
        while (power < 8 && bytes >= Math.Pow(unit, power + 1))
        {
            power++;
        }

        var prefix = "kMGTPEZY"[power - 1].ToString();
        var amount = unit * bytes / Math.Pow(unit, power + 1);
        return $"{(bytes < 0 ? "-" : "")}{PyFloatFormat.Fixed(amount, 1)} {(binary ? prefix.ToUpperInvariant() + "iB" : prefix + "B")}";
    }

    private static object? Common(object? value, object? precision)
    {
        if (!PyTypes.IsNumber(value))
        {
            throw TemplateException.TypeError($"type {PyTypes.Name(value)} doesn't define __round__ method");
        }

        if (precision is null)
        {
            return value is double f ? PyConvert.Truncate(PyFloatFormat.Round(f, 0)) : value;
        }

        var digits = PyNumber.ToIndex(precision);
        if (value is double d)
        {
            return PyFloatFormat.Round(d, digits);
        }

        var whole = PyNumber.ToBig(value);
        if (digits >= 0 || digits < -5000)
        {
            return PyNumber.Normalize(digits >= 0 ? whole : 0);
        }

        var unit = BigInteger.Pow(10, (int)-digits);
        return PyNumber.Normalize(PyFloatFormat.Divide(BigInteger.Abs(whole), unit) * unit * whole.Sign);
    }
}

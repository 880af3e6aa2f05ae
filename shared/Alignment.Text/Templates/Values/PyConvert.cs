using System.Numerics;

namespace Alignment.Text.Templates.Values;

/// <summary>Python's <c>int()</c> and <c>float()</c>; null where Python raises TypeError or ValueError.</summary>
internal static class PyConvert
{
    public static object Truncate(double d) => double.IsNaN(d)
        ? throw TemplateException.ValueError("cannot convert float NaN to integer")
        : double.IsInfinity(d) ? throw TemplateException.Other("OverflowError", "cannot convert float infinity to integer") : PyNumber.Normalize(new BigInteger(Math.Truncate(d)));

    public static object? ToInteger(object? value, long radix) => value switch
    {
        Undefined u => throw u.Error(),
        string or Markup => PyNumber.ParseInteger(PyRepr.Str(value), radix),
        long or BigInteger => value,
        bool b => b ? 1L : 0L,
        double d => double.IsNaN(d) ? null : Truncate(d),
        _ => null,
    };

    public static double? ToFloat(object? value) => value switch
    {
        Undefined u => throw u.Error(),
        string or Markup => PyNumber.ParseFloat(PyRepr.Str(value)),
        _ => PyTypes.IsNumber(value) ? PyNumber.ToDouble(value) : null,
    };
}

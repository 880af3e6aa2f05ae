using System.Numerics;
using Alignment.Text.Templates.Runtime;

namespace Alignment.Text.Templates.Values;

/// <summary>Attributes of int, bool and float.</summary>
internal static class NumberMethods
{
    public static object? Get(object owner, string name) => owner is double d ? OfFloat(d, name) : OfInteger(PyNumber.ToBig(owner), name);

    private static object? OfInteger(BigInteger i, string name) => name switch
    {
        "real" or "numerator" => PyNumber.Normalize(i),
        "imag" => 0L,
        "denominator" => 1L,
        "bit_length" => NoArguments(name, () => (long)BigInteger.Abs(i).GetBitLength()),
        "bit_count" => NoArguments(name, () => (long)PyFormatSpec.Radix(BigInteger.Abs(i), 2).Count(c => c == '1')),
        "conjugate" or "__int__" => NoArguments(name, () => PyNumber.Normalize(i)),
        "as_integer_ratio" => NoArguments(name, () => new PyTuple(PyNumber.Normalize(i), 1L)),
        "is_integer" => NoArguments(name, () => true),
        "to_bytes" => ContainerMethods.Method(name, (a, s) => ToBytes(i, a, s)),
        "from_bytes" => ContainerMethods.Method(name, (a, _) => FromBytes(a)),
        _ => Missing.Value,
    };

    private static object? OfFloat(double d, string name) => name switch
    {
        "real" => d,
        "imag" => 0.0,
        "conjugate" => NoArguments(name, () => d),
        "is_integer" => NoArguments(name, () => Math.Floor(d) == d && !double.IsInfinity(d)),
        "as_integer_ratio" => NoArguments(name, () => Ratio(d)),
        "hex" or "fromhex" => ContainerMethods.Method(name, (_, _) => throw TemplateException.Other("NotImplementedError", $"float.{name} is not available in chat templates")),
        _ => Missing.Value,
    };

    private static HostFunction NoArguments(string name, Func<object> value) => ContainerMethods.Method(name, (a, _) =>
    {
        a.Bind(name);
        return value();
    });

    private static PyTuple Ratio(double d)
    {
        var top = PyConvert.Truncate(d) is var whole ? PyNumber.ToBig(whole) : 0;
        var bottom = BigInteger.One;
        for (var x = d; x != Math.Floor(x); bottom <<= 1)
        {
            x *= 2;
            top = new BigInteger(x);
        }

        return new PyTuple(PyNumber.Normalize(top), PyNumber.Normalize(bottom));
    }

    private static PyBytes ToBytes(BigInteger i, CallArguments a, RenderState state)
    {
        var p = a.Bind("to_bytes", "length?", "byteorder?", "signed?");
        var length = p[0] is Missing ? 1 : PyNumber.ToIndex(p[0]);
        var signed = p[2] is not Missing && PyIteration.Truth(p[2]);
        state.Allocate(length);
        if (length < 0 || (i.Sign < 0 && !signed) || i.GetByteCount(!signed) > length)
        {
            throw TemplateException.Other("OverflowError", i.Sign < 0 && !signed ? "can't convert negative int to unsigned" : "int too big to convert");
        }

        var bytes = new byte[length];
        Array.Fill(bytes, i.Sign < 0 ? (byte)0xFF : (byte)0);
        i.TryWriteBytes(bytes, out _, !signed);
        if (p[1] is Missing || PyRepr.Str(p[1]) == "big")
        {
            Array.Reverse(bytes);
        }

        return new PyBytes(bytes);
    }

    private static object FromBytes(CallArguments a)
    {
        var p = a.Bind("from_bytes", "bytes", "byteorder?", "signed?");
        return p[0] is PyBytes b
            ? PyNumber.Normalize(new BigInteger(b.Value, p[2] is Missing || !PyIteration.Truth(p[2]), p[1] is Missing || PyRepr.Str(p[1]) == "big"))
            : throw TemplateException.TypeError($"cannot convert '{PyTypes.Name(p[0])}' object to bytes");
    }
}

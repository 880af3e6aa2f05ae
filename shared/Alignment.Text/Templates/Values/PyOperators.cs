using System.Numerics;
using Alignment.Text.Templates.Runtime;

namespace Alignment.Text.Templates.Values;

/// <summary>Python's arithmetic, concatenation and repetition.</summary>
internal static class PyOperators
{
    public static object? Binary(string op, object? a, object? b, RenderState state)
    {
        // str % x formats even an undefined x; everything else refuses undefined operands.
        if (!(op == "%" && PyTypes.IsString(a)) && (a as Undefined ?? b as Undefined) is { } u)
        {
            throw u.Error();
        }

        return op switch
        {
            "+" => Add(a, b, state),
            "*" => Multiply(a, b, state),
            "%" when PyTypes.IsString(a) => PyPercentFormat.Format(a!, b, state),
            _ => PyTypes.IsNumber(a) && PyTypes.IsNumber(b) ? Arithmetic(op, a!, b!)
                : op == "-" && (a, b) is (DictView x, DictView y) ? Difference(x, y, state) : throw Unsupported(op, a, b),
        };
    }

    public static object Negate(object? a) => a switch
    {
        long i when i != long.MinValue => -i,
        double d => -d,
        long or bool or BigInteger => PyNumber.Normalize(-PyNumber.ToBig(a)),
        Undefined u => throw u.Error(),
        _ => throw TemplateException.TypeError($"bad operand type for unary -: '{PyTypes.Name(a)}'"),
    };

    public static object Plus(object? a) => a switch
    {
        long or BigInteger or double => a,
        bool b => b ? 1L : 0L,
        Undefined u => throw u.Error(),
        _ => throw TemplateException.TypeError($"bad operand type for unary +: '{PyTypes.Name(a)}'"),
    };

    public static object? Add(object? a, object? b, RenderState state)
    {
        switch (a, b)
        {
            case (long i, long j) when !Overflows(i, j):
                return i + j;
            case (string s, string t):
                state.Allocate((long)s.Length + t.Length);
                return string.Concat(s, t);
            case (Markup or string, Markup or string):
                state.Allocate((long)PyRepr.Str(a).Length + PyRepr.Str(b).Length);
                return new Markup(EscapeUnlessMarkup(a) + EscapeUnlessMarkup(b));
            case (PyList x, PyList y):
                state.Allocate((long)x.Items.Count + y.Items.Count);
                return new PyList([.. x.Items, .. y.Items]);
            case (PyTuple x, PyTuple y):
                state.Allocate((long)x.Items.Length + y.Items.Length);
                return new PyTuple([.. x.Items, .. y.Items]);
            case (PyBytes x, PyBytes y):
                state.Allocate((long)x.Value.Length + y.Value.Length);
                return new PyBytes([.. x.Value, .. y.Value]);
        }

        if (PyTypes.IsNumber(a) && PyTypes.IsNumber(b))
        {
            return Arithmetic("+", a!, b!);
        }

        throw a is string or Markup or PyList or PyTuple
            ? TemplateException.TypeError($"can only concatenate {(a is Markup ? "str" : PyTypes.Name(a))} (not \"{PyTypes.Name(b)}\") to {(a is Markup ? "str" : PyTypes.Name(a))}")
            : Unsupported("+", a, b);
    }

    public static string EscapeUnlessMarkup(object? value) => value is Markup m ? m.Value : Markup.Escape(PyRepr.Str(value));

    private static bool Overflows(long i, long j) => ((i ^ (i + j)) & (j ^ (i + j))) < 0;

    private static PyList Difference(DictView a, DictView b, RenderState state) =>
        new([.. Enumerable.Range(0, a.Count).Select(a.At).Where(x => !PyIteration.Contains(b, x, state))]);

    private static object? Multiply(object? a, object? b, RenderState state)
    {
        if (PyTypes.IsNumber(a) && PyTypes.IsNumber(b))
        {
            return Arithmetic("*", a!, b!);
        }

        if (PyTypes.IsInteger(a))
        {
            (a, b) = (b, a);
        }

        if (a is not (string or Markup or PyList or PyTuple or PyBytes))
        {
            throw Unsupported("*", a, b);
        }

        if (!PyTypes.IsInteger(b))
        {
            throw TemplateException.TypeError($"can't multiply sequence by non-int of type '{PyTypes.Name(b)}'");
        }

        var count = Math.Max(0, PyNumber.ToIndex(b));
        long length = a is PyList or PyTuple or PyBytes ? PyIteration.Length(a) : PyRepr.Str(a).Length;
        state.Allocate(length == 0 || count == 0 ? 0 : count > long.MaxValue / length ? long.MaxValue / 2 : length * count);
        count = length == 0 ? 0 : count;
        return a switch
        {
            PyList l => new PyList([.. Enumerable.Repeat(l.Items, (int)count).SelectMany(x => x)]),
            PyTuple t => new PyTuple([.. Enumerable.Repeat(t.Items, (int)count).SelectMany(x => x)]),
            PyBytes bytes => new PyBytes([.. Enumerable.Repeat(bytes.Value, (int)count).SelectMany(x => x)]),
            Markup m => new Markup(new System.Text.StringBuilder().Insert(0, m.Value, (int)count).ToString()),
            _ => new System.Text.StringBuilder().Insert(0, PyRepr.Str(a), (int)count).ToString(),
        };
    }

    private static object Arithmetic(string op, object a, object b)
    {
        if (a is double || b is double || op == "/")
        {
            return Floating(op, a, b);
        }

        if (a is long i && b is long j)
        {
            switch (op)
            {
                case "-" when !Overflows(i, -j) && j != long.MinValue:
                    return i - j;
                case "*" when Math.Abs((double)i * j) < 9e18:
                    return i * j;
            }
        }

        return Whole(op, PyNumber.ToBig(a), PyNumber.ToBig(b), a, b);
    }

    private static object Whole(string op, BigInteger a, BigInteger b, object left, object right)
    {
        if (b.IsZero && (op is "//" or "%"))
        {
            throw TemplateException.Other("ZeroDivisionError", "integer division or modulo by zero");
        }

        if ((op is "*" or "**") && (double)a.GetBitLength() * (op == "*" ? 1 + (b.GetBitLength() / (double)Math.Max(1, a.GetBitLength())) : (double)BigInteger.Abs(b)) > 400_000
            && !a.IsOne && !a.IsZero && a != BigInteger.MinusOne)
        {
            throw TemplateException.Limit("the integer is too large");
        }

        switch (op)
        {
            case "+":
                return PyNumber.Normalize(a + b);
            case "-":
                return PyNumber.Normalize(a - b);
            case "*":
                return PyNumber.Normalize(a * b);
            case "**":
                return b.Sign < 0 ? Floating(op, left, right)
                    : PyNumber.Normalize(a.IsOne || a.IsZero && !b.IsZero ? a : a == BigInteger.MinusOne ? (b.IsEven ? 1 : -1) : BigInteger.Pow(a, (int)b));
        }

        var quotient = BigInteger.DivRem(a, b, out var rest);
        var below = !rest.IsZero && (rest.Sign < 0) != (b.Sign < 0);
        return PyNumber.Normalize(op == "//" ? (below ? quotient - 1 : quotient) : (below ? rest + b : rest));
    }

    private static object Floating(string op, object left, object right)
    {
        if (op == "/" && left is not double && right is not double && (PyNumber.ToDoubleOrInfinity(left) is var l && Math.Abs(l) > 9e15 || Math.Abs(PyNumber.ToDoubleOrInfinity(right)) > 9e15))
        {
            return DivideBig(PyNumber.ToBig(left), PyNumber.ToBig(right));
        }

        var (a, b) = (PyNumber.ToDouble(left), PyNumber.ToDouble(right));
        if (b == 0 && (op is "/" or "//" or "%"))
        {
            throw TemplateException.Other("ZeroDivisionError", op == "/" ? (left is double || right is double ? "float division by zero" : "division by zero") : op == "//" ? "float floor division by zero" : "float modulo");
        }

        return op switch
        {
            "+" => a + b,
            "-" => a - b,
            "*" => a * b,
            "/" => a / b,
            "//" => FloorDivide(a, b),
            "%" => Modulo(a, b),
            _ => Power(a, b),
        };
    }

    private static double DivideBig(BigInteger a, BigInteger b)
    {
        if (b.IsZero)
        {
            throw TemplateException.Other("ZeroDivisionError", "division by zero");
        }

        var shift = (int)Math.Clamp(b.GetBitLength() - a.GetBitLength() + 66, -100_000, 100_000);
        var (x, y) = (BigInteger.Abs(a), BigInteger.Abs(b));
        var quotient = shift >= 0 ? (x << shift) / y : x / (y << -shift);
        var value = Math.ScaleB((double)quotient, -shift) * a.Sign * b.Sign;
        return double.IsInfinity(value) ? throw TemplateException.Other("OverflowError", "integer division result too large for a float") : value;
    }

    private static double Modulo(double a, double b)
    {
        var r = a % b;
        return r != 0 ? ((b < 0) != (r < 0) ? r + b : r) : Math.CopySign(0.0, b);
    }

    private static double FloorDivide(double a, double b)
    {
        var mod = a % b;
        var div = (a - mod) / b;
        if (mod != 0 && (b < 0) != (mod < 0))
        {
            div -= 1;
        }

        if (div == 0)
        {
            return Math.CopySign(0.0, a / b);
        }

        var floor = Math.Floor(div);
        return div - floor > 0.5 ? floor + 1 : floor;
    }

    private static object Power(double a, double b)
    {
        if (a == 0 && b < 0)
        {
            throw TemplateException.Other("ZeroDivisionError", "0.0 cannot be raised to a negative power");
        }

        if (a < 0 && b != Math.Floor(b) && !double.IsInfinity(b))
        {
            throw TemplateException.TypeError("complex numbers are not supported");
        }

        var p = Math.Pow(a, b);
        return double.IsInfinity(p) && !double.IsInfinity(a) && !double.IsInfinity(b) ? throw TemplateException.Other("OverflowError", "(34, 'Numerical result out of range')") : p;
    }

    private static TemplateException Unsupported(string op, object? a, object? b) =>
        TemplateException.TypeError($"unsupported operand type(s) for {(op == "**" ? "** or pow()" : op)}: '{PyTypes.Name(a)}' and '{PyTypes.Name(b)}'");
}

using System.Numerics;

namespace Alignment.Text.Templates.Values;

/// <summary>Python's equality, order and membership.</summary>
internal static class PyCompare
{
    public static bool AreEqual(object? a, object? b)
    {
        if (PyTypes.TryString(a, out var s))
        {
            return PyTypes.TryString(b, out var t) && string.Equals(s, t, StringComparison.Ordinal);
        }

        if (PyTypes.IsNumber(a))
        {
            return PyTypes.IsNumber(b) && NumbersEqual(a!, b!);
        }

        return (a, b) switch
        {
            (null, null) => true,
            (Undefined, Undefined) => true,
            (PyList x, PyList y) => ReferenceEquals(x, y) || SequencesEqual(x.Items, y.Items),
            (PyTuple x, PyTuple y) => ReferenceEquals(x, y) || SequencesEqual(x.Items, y.Items),
            (PyDict x, PyDict y) => ReferenceEquals(x, y) || DictsEqual(x, y),
            (PyRange x, PyRange y) => x.Count == y.Count && (x.Count == 0 || (x.Start == y.Start && (x.Count == 1 || x.Step == y.Step))),
            (PyBytes x, PyBytes y) => x.Value.AsSpan().SequenceEqual(y.Value),
            (DictView { Kind: not 'v' } x, DictView { Kind: not 'v' } y) => ViewsEqual(x, y),
            _ => ReferenceEquals(a, b),
        };
    }

    public static bool Is(object? a, object? b) => (a, b) switch
    {
        (null, null) => true,
        (bool x, bool y) => x == y,
        (long x, long y) => x == y && x is >= -5 and <= 256 || ReferenceEquals(a, b),
        (string x, string y) => ReferenceEquals(x, y) || (x.Length <= 1 && x == y),
        (PyTuple { Items.Length: 0 }, PyTuple { Items.Length: 0 }) => true,
        _ => ReferenceEquals(a, b),
    };

    /// <summary>-1, 0, 1 for ordered operands; <paramref name="symbol"/> names the operator in the error. NaN gives null.</summary>
    public static int? Order(object? a, object? b, string symbol)
    {
        if (a is Undefined u)
        {
            throw u.Error();
        }

        if (b is Undefined v)
        {
            throw v.Error();
        }

        if (PyTypes.TryString(a, out var s) && PyTypes.TryString(b, out var t))
        {
            return Math.Sign(PyText.Compare(s, t));
        }

        if (PyTypes.IsNumber(a) && PyTypes.IsNumber(b))
        {
            return OrderNumbers(a!, b!);
        }

        return (a, b) switch
        {
            (PyList x, PyList y) => OrderSequences(x.Items, y.Items, symbol),
            (PyTuple x, PyTuple y) => OrderSequences(x.Items, y.Items, symbol),
            (PyBytes x, PyBytes y) => Math.Sign(x.Value.AsSpan().SequenceCompareTo(y.Value)),
            _ => throw TemplateException.TypeError($"'{symbol}' not supported between instances of '{PyTypes.Name(a)}' and '{PyTypes.Name(b)}'"),
        };
    }

    public static bool Less(object? a, object? b) => Order(a, b, "<") is < 0;

    public static bool Test(object? a, object? b, string op) => op switch
    {
        "==" => AreEqual(a, b),
        "!=" => !AreEqual(a, b),
        "<" => Order(a, b, op) is < 0,
        "<=" => Order(a, b, op) is <= 0,
        ">" => Order(a, b, op) is > 0,
        _ => Order(a, b, op) is >= 0,
    };

    private static bool NumbersEqual(object a, object b) => (a, b) switch
    {
        (long x, long y) => x == y,
        (double x, double y) => x == y,
        _ => OrderNumbers(a, b) is 0,
    };

    private static int? OrderNumbers(object a, object b)
    {
        if (a is long i && b is long j)
        {
            return i.CompareTo(j);
        }

        if (a is double || b is double)
        {
            var (x, y) = (PyNumber.ToDoubleOrInfinity(a), PyNumber.ToDoubleOrInfinity(b));
            if (double.IsNaN(x) || double.IsNaN(y))
            {
                return null;
            }

            // Beyond 2^53 an integer need not be a double: compare exactly.
            var exact = (a is double || b is double) && !double.IsInfinity(x) && !double.IsInfinity(y) && Math.Abs(x) > 9e15 && Math.Abs(y) > 9e15;
            return exact ? (a is double da ? new BigInteger(da) : PyNumber.ToBig(a)).CompareTo(b is double db ? new BigInteger(db) : PyNumber.ToBig(b)) : x.CompareTo(y);
        }

        return PyNumber.ToBig(a).CompareTo(PyNumber.ToBig(b));
    }

    private static bool SequencesEqual(IReadOnlyList<object?> a, IReadOnlyList<object?> b)
    {
        StackGuard.Check();
        return a.Count == b.Count && Enumerable.Range(0, a.Count).All(i => ReferenceEquals(a[i], b[i]) || AreEqual(a[i], b[i]));
    }

    private static bool DictsEqual(PyDict a, PyDict b)
    {
        StackGuard.Check();
        return a.Count == b.Count && a.Entries.All(e => b.TryGet(e.Key, out var other) && AreEqual(e.Value, other));
    }

    private static bool ViewsEqual(DictView a, DictView b) =>
        a.Count == b.Count && Enumerable.Range(0, a.Count).All(i => Enumerable.Range(0, b.Count).Any(j => AreEqual(a.At(i), b.At(j))));

    private static int? OrderSequences(IReadOnlyList<object?> a, IReadOnlyList<object?> b, string symbol)
    {
        StackGuard.Check();
        for (var i = 0; i < Math.Min(a.Count, b.Count); i++)
        {
            if (!AreEqual(a[i], b[i]))
            {
                return Order(a[i], b[i], symbol);
            }
        }

        return a.Count.CompareTo(b.Count);
    }
}

using System.Numerics;

namespace Alignment.Text.Templates.Values;

/// <summary>Equality and hashes of dict keys as Python has them.</summary>
internal sealed class PyKeyComparer : IEqualityComparer<object>
{
    public static readonly PyKeyComparer Instance = new();

    public static void RequireHashable(object? key)
    {
        switch (key)
        {
            case PyList or PyDict:
                throw TemplateException.TypeError($"unhashable type: '{PyTypes.Name(key)}'");
            case PyTuple t:
                StackGuard.Check();
                foreach (var item in t.Items)
                {
                    RequireHashable(item);
                }

                break;
        }
    }

    public new bool Equals(object? x, object? y) => PyCompare.AreEqual(x, y);

    public int GetHashCode(object key) => key switch
    {
        string s => string.GetHashCode(s),
        Markup m => string.GetHashCode(m.Value),
        bool or long or BigInteger or double => Number(key),
        PyTuple t => HashTuple(t),
        PyBytes b => b.Value.Length,
        Undefined => 1,
        _ => key.GetHashCode(),
    };

    // -0.0 equals 0.0, so both must have one hash.
    private static int Number(object key) => PyNumber.ToDoubleOrInfinity(key) is var d && d == 0 ? 0 : d.GetHashCode();

    private static int HashTuple(PyTuple t)
    {
        StackGuard.Check();
        var h = new HashCode();
        foreach (var item in t.Items)
        {
            h.Add(item is null ? 0 : Instance.GetHashCode(item));
        }

        return h.ToHashCode();
    }
}

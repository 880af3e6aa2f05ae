using Alignment.Text.Templates.Runtime;
using Alignment.Text.Templates.Values;

namespace Alignment.Text.Templates.Syntax;

/// <summary>The bound left side of an assignment or loop.</summary>
internal abstract class Target
{
    public abstract void Assign(Activation a, object? value);

    /// <summary>The value just assigned, tuples packed again.</summary>
    public abstract object? Read(Activation a);

    /// <summary>Fails if an attribute is to be assigned on something other than a namespace.</summary>
    public virtual void RequireNamespaces(Activation a)
    {
    }
}

/// <param name="export">Set at the top level: blocks see the name too.</param>
internal sealed class NameTarget(Location location, string? export) : Target
{
    public override void Assign(Activation a, object? value)
    {
        location.Write(a, value);
        if (export is not null)
        {
            a.State.Exported.Set(export, value);
        }
    }

    public override object? Read(Activation a) => location.Read(a);
}

internal sealed class NamespaceTarget(Location location, string attribute) : Target
{
    public override void RequireNamespaces(Activation a)
    {
        if (location.Read(a) is not PyNamespace)
        {
            throw TemplateException.Other("TemplateRuntimeError", "cannot assign attribute on non-namespace object");
        }
    }

    public override void Assign(Activation a, object? value) => ((PyNamespace)location.Read(a)!).Set(attribute, value);

    public override object? Read(Activation a) => null;
}

internal sealed class TupleTarget(IReadOnlyList<Target> items) : Target
{
    public override void RequireNamespaces(Activation a)
    {
        foreach (var item in items)
        {
            item.RequireNamespaces(a);
        }
    }

    public override void Assign(Activation a, object? value)
    {
        var source = PyIteration.TryIterate(value) ?? throw TemplateException.TypeError($"cannot unpack non-iterable {PyTypes.Name(value)} object");
        var values = new List<object?>(items.Count);
        while (values.Count <= items.Count && source.MoveNext())
        {
            values.Add(source.Current);
        }

        if (values.Count != items.Count)
        {
            throw TemplateException.ValueError(values.Count > items.Count
                ? $"too many values to unpack (expected {items.Count})"
                : $"not enough values to unpack (expected {items.Count}, got {values.Count})");
        }

        for (var i = 0; i < items.Count; i++)
        {
            items[i].Assign(a, values[i]);
        }
    }

    public override object? Read(Activation a) => new PyTuple([.. items.Select(i => i.Read(a))]);
}

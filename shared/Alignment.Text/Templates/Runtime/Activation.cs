using Alignment.Text.Templates.Values;

namespace Alignment.Text.Templates.Runtime;

/// <summary>The local variables of one call: of the template itself, a macro, a block, a recursive loop or a loop's filter.</summary>
internal sealed class Activation
{
    public Activation(RenderState state, Activation? parent, int slots)
    {
        State = state;
        Parent = parent;
        Slots = new object?[slots];
        Array.Fill(Slots, Missing.Value);
    }

    public RenderState State { get; }

    /// <summary>The activation this one closes over.</summary>
    public Activation? Parent { get; }

    public object?[] Slots { get; }

    /// <summary>Names given by a scoped block's caller.</summary>
    public PyDict? Derived { get; init; }

    public Activation Up(int levels)
    {
        var a = this;
        for (; levels > 0; levels--)
        {
            a = a.Parent!;
        }

        return a;
    }

    public object? Resolve(string name)
    {
        for (var a = this; a is not null; a = a.Parent)
        {
            if (a.Derived is { } d && d.TryGet(name, out var value))
            {
                return value;
            }
        }

        return State.Resolve(name);
    }
}

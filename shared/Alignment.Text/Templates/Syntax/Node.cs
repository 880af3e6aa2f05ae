using Alignment.Text.Templates.Runtime;
using Alignment.Text.Templates.Values;

namespace Alignment.Text.Templates.Syntax;

/// <summary>A node of the syntax tree; after binding it runs by itself.</summary>
internal abstract class Node(Token at)
{
    public int Line => at.Line;

    public int Column => at.Column;

    /// <summary>Children in the order of jinja2's node fields: the scope analysis depends on it.</summary>
    public virtual IEnumerable<Node?> Children => [];

    /// <summary>This node and all below it, depth first.</summary>
    public IEnumerable<Node> Descendants()
    {
        var open = new Stack<Node>([this]);
        while (open.TryPop(out var node))
        {
            yield return node;
            foreach (var child in node.Children.Reverse())
            {
                if (child is not null)
                {
                    open.Push(child);
                }
            }
        }
    }
}

internal abstract class Expression(Token at) : Node(at)
{
    public object? Evaluate(Activation a)
    {
        a.State.Step();
        StackGuard.Check();
        return Compute(a);
    }

    protected abstract object? Compute(Activation a);

    /// <summary>How "can't assign to …" names the node; null if it can be assigned.</summary>
    public virtual string? NotAssignable => GetType().Name.Replace("Expression", "", StringComparison.Ordinal).ToLowerInvariant();
}

internal enum Flow
{
    Next,
    Break,
    Continue,
}

internal abstract class Statement(Token at) : Node(at)
{
    public abstract Flow Execute(Activation a, TextBuffer output);

    public static Flow ExecuteAll(IReadOnlyList<Statement> body, Activation a, TextBuffer output)
    {
        StackGuard.Check();
        for (var i = 0; i < body.Count; i++)
        {
            a.State.Step();
            var flow = body[i].Execute(a, output);
            if (flow != Flow.Next)
            {
                return flow;
            }
        }

        return Flow.Next;
    }
}

/// <summary>Where a variable lives: so many closures up, in that slot.</summary>
internal readonly record struct Location(int Up, int Slot)
{
    public object? Read(Activation a) => a.Up(Up).Slots[Slot];

    public void Write(Activation a, object? value) => a.Up(Up).Slots[Slot] = value;
}

/// <summary>What happens to a scope's variables when it is entered; after jinja2's enter_frame and leave_frame.</summary>
internal sealed class ScopeEntry(IReadOnlyList<ScopeEntry.Load> loads)
{
    /// <summary>A variable that starts from the context (<paramref name="Name"/>), from an outer one, or without a value.</summary>
    public sealed record Load(int Slot, string? Name, Location? Alias);

    public static readonly ScopeEntry Empty = new([]);

    /// <summary>Slots of every variable of the scope, parameters too.</summary>
    public IReadOnlyList<int> Owned { get; init; } = [];

    public void Enter(Activation a)
    {
        foreach (var load in loads)
        {
            a.Slots[load.Slot] = load.Alias is { } outer ? outer.Read(a) : load.Name is { } name ? a.Resolve(name) : Missing.Value;
        }
    }

    public void Leave(Activation a)
    {
        foreach (var slot in Owned)
        {
            a.Slots[slot] = Missing.Value;
        }
    }
}

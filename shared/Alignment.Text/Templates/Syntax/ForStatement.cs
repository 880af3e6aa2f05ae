using Alignment.Text.Templates.Runtime;
using Alignment.Text.Templates.Values;

namespace Alignment.Text.Templates.Syntax;

internal sealed class ForStatement(
    Token at, Expression target, Expression sequence, IReadOnlyList<Statement> body, IReadOnlyList<Statement> otherwise, Expression? test, bool recursive) : Statement(at)
{
    public Expression TargetNode => target;

    public Expression Sequence => sequence;

    public IReadOnlyList<Statement> Body => body;

    public IReadOnlyList<Statement> Else => otherwise;

    public Expression? Test => test;

    public bool Recursive => recursive;

    public Target Target { get; set; } = null!;

    public ScopeEntry Scope { get; set; } = ScopeEntry.Empty;

    public ScopeEntry ElseScope { get; set; } = ScopeEntry.Empty;

    /// <summary>Slot of <c>loop</c>, if the body uses it.</summary>
    public int? LoopSlot { get; set; }

    /// <summary>The loop's filter is a function of its own: its target, scope and slots.</summary>
    public Target TestTarget { get; set; } = null!;

    public ScopeEntry TestScope { get; set; } = ScopeEntry.Empty;

    public int TestSlots { get; set; }

    /// <summary>Slots of one call of a recursive loop.</summary>
    public int RecursiveSlots { get; set; }

    public override IEnumerable<Node?> Children => [target, sequence, .. body, .. otherwise, test];

    public override Flow Execute(Activation a, TextBuffer output)
    {
        var values = sequence.Evaluate(a);
        a.State.At = sequence;
        if (!recursive)
        {
            return Run(a, output, values, null, 0);
        }

        output.Write(PyRepr.Str(Recurse(a, values, 0)));
        return Flow.Next;
    }

    /// <summary>One call of a recursive loop: its own variables, its text as the result.</summary>
    public object? Recurse(Activation outer, object? values, int depth)
    {
        outer.State.Enter();
        var a = new Activation(outer.State, outer, RecursiveSlots);
        var buffer = new TextBuffer(a.State);
        Run(a, buffer, values, inner => Recurse(outer, inner, depth + 1), depth);
        outer.State.Leave();
        return a.State.AutoEscape ? new Markup(buffer.ToString()) : buffer.ToString();
    }

    private Flow Run(Activation a, TextBuffer output, object? values, Func<object?, object?>? recurse, int depth)
    {
        object? iterable = test is null ? values : new PyIterator("generator", Filtered(a, values));
        var loop = LoopSlot is null ? null : new LoopContext(iterable, recurse, depth);
        var source = loop is null ? PyIteration.Iterate(iterable) : null;
        var empty = true;
        var state = a.State;
        while (loop is null ? source!.MoveNext() : loop.MoveNext())
        {
            state.Step();
            state.At = this;
            Target.Assign(a, loop is null ? source!.Current : loop.Current);
            if (loop is not null)
            {
                a.Slots[LoopSlot!.Value] = loop;
            }

            Scope.Enter(a);
            var flowed = ExecuteAll(body, a, output);
            if (flowed == Flow.Break)
            {
                break;
            }

            // As jinja2's code has it: a pass that ends in break or continue does not count against the else branch.
            empty &= flowed == Flow.Continue;
        }

        Scope.Leave(a);
        if (!empty || otherwise.Count == 0)
        {
            return Flow.Next;
        }

        ElseScope.Enter(a);
        var flow = ExecuteAll(otherwise, a, output);
        ElseScope.Leave(a);
        return flow;
    }

    private IEnumerator<object?> Filtered(Activation outer, object? values)
    {
        // The filter closes over what is outside the loop, also when the loop is a function of its own.
        var a = new Activation(outer.State, recursive ? outer.Parent : outer, TestSlots);
        TestScope.Enter(a);
        var source = PyIteration.Iterate(values);
        while (source.MoveNext())
        {
            a.State.Step();
            TestTarget.Assign(a, source.Current);
            if (PyIteration.Truth(test!.Evaluate(a)))
            {
                yield return TestTarget.Read(a);
            }
        }
    }
}

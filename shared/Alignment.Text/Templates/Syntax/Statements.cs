using Alignment.Text.Templates.Runtime;
using Alignment.Text.Templates.Values;

namespace Alignment.Text.Templates.Syntax;

internal sealed class OutputStatement(Token at, IReadOnlyList<Expression> nodes) : Statement(at)
{
    public IReadOnlyList<Expression> Nodes => nodes;

    public override IEnumerable<Node?> Children => nodes;

    public override Flow Execute(Activation a, TextBuffer output)
    {
        foreach (var node in nodes)
        {
            a.State.At = node;
            var value = node.Evaluate(a);
            output.Write(a.State.AutoEscape && node is not DataExpression ? PyOperators.EscapeUnlessMarkup(value) : PyRepr.Str(value));
        }

        return Flow.Next;
    }
}

internal sealed class IfStatement(Token at) : Statement(at)
{
    public Expression Test { get; set; } = null!;

    public IReadOnlyList<Statement> Body { get; set; } = [];

    public List<IfStatement> ElseIfs { get; } = [];

    public IReadOnlyList<Statement> Else { get; set; } = [];

    public override IEnumerable<Node?> Children => [Test, .. Body, .. ElseIfs, .. Else];

    public override Flow Execute(Activation a, TextBuffer output)
    {
        if (PyIteration.Truth(Test.Evaluate(a)))
        {
            return ExecuteAll(Body, a, output);
        }

        foreach (var branch in ElseIfs)
        {
            a.State.At = branch;
            if (PyIteration.Truth(branch.Test.Evaluate(a)))
            {
                return ExecuteAll(branch.Body, a, output);
            }
        }

        return ExecuteAll(Else, a, output);
    }
}

internal sealed class AssignStatement(Token at, Expression target, Expression node) : Statement(at)
{
    public Expression TargetNode => target;

    public Expression Node => node;

    public Target Target { get; set; } = null!;

    public override IEnumerable<Node?> Children => [target, node];

    public override Flow Execute(Activation a, TextBuffer output)
    {
        a.State.At = this;
        Target.RequireNamespaces(a);
        var value = node.Evaluate(a);
        a.State.At = this;
        Target.Assign(a, value);
        return Flow.Next;
    }
}

internal sealed class AssignBlockStatement(Token at, Expression target, Expression? filter, IReadOnlyList<Statement> body) : Statement(at)
{
    public Expression TargetNode => target;

    public Expression? Filter => filter;

    public IReadOnlyList<Statement> Body => body;

    public Target Target { get; set; } = null!;

    public ScopeEntry Scope { get; set; } = ScopeEntry.Empty;

    public override IEnumerable<Node?> Children => [target, filter, .. body];

    public override Flow Execute(Activation a, TextBuffer output)
    {
        var buffer = new TextBuffer(a.State);
        Scope.Enter(a);
        var flow = ExecuteAll(body, a, buffer);
        if (flow != Flow.Next)
        {
            return flow;
        }

        object? value = a.State.AutoEscape ? new Markup(buffer.ToString()) : buffer.ToString();
        if (filter is not null)
        {
            a.State.Captured = value;
            value = filter.Evaluate(a);
            value = a.State.AutoEscape ? new Markup(PyRepr.Str(value)) : value;
        }

        a.State.At = this;
        Target.Assign(a, value);
        Scope.Leave(a);
        return Flow.Next;
    }
}

internal sealed class FilterBlockStatement(Token at, Expression filter, IReadOnlyList<Statement> body) : Statement(at)
{
    public Expression Filter => filter;

    public IReadOnlyList<Statement> Body => body;

    public ScopeEntry Scope { get; set; } = ScopeEntry.Empty;

    public override IEnumerable<Node?> Children => [.. body, filter];

    public override Flow Execute(Activation a, TextBuffer output)
    {
        var buffer = new TextBuffer(a.State);
        Scope.Enter(a);
        var flow = ExecuteAll(body, a, buffer);
        if (flow != Flow.Next)
        {
            return flow;
        }

        a.State.Captured = a.State.AutoEscape ? new Markup(buffer.ToString()) : buffer.ToString();
        var value = filter.Evaluate(a);
        a.State.At = filter;
        output.Write(PyTypes.TryString(value, out var text) ? text
            : throw TemplateException.TypeError($"sequence item 0: expected str instance, {PyTypes.Name(value)} found"));
        Scope.Leave(a);
        return Flow.Next;
    }
}

internal sealed class WithStatement(Token at, IReadOnlyList<Expression> targets, IReadOnlyList<Expression> values, IReadOnlyList<Statement> body) : Statement(at)
{
    public IReadOnlyList<Expression> TargetNodes => targets;

    public IReadOnlyList<Expression> Values => values;

    public IReadOnlyList<Statement> Body => body;

    public IReadOnlyList<Target> Targets { get; set; } = [];

    public ScopeEntry Scope { get; set; } = ScopeEntry.Empty;

    public override IEnumerable<Node?> Children => [.. targets, .. values, .. body];

    public override Flow Execute(Activation a, TextBuffer output)
    {
        Scope.Enter(a);
        for (var i = 0; i < values.Count; i++)
        {
            Targets[i].Assign(a, values[i].Evaluate(a));
        }

        var flow = ExecuteAll(body, a, output);
        Scope.Leave(a);
        return flow;
    }
}

/// <summary><c>{% autoescape x %}</c>.</summary>
internal sealed class AutoescapeStatement(Token at, Expression value, IReadOnlyList<Statement> body) : Statement(at)
{
    public Expression Value => value;

    public IReadOnlyList<Statement> Body => body;

    public ScopeEntry Scope { get; set; } = ScopeEntry.Empty;

    public override IEnumerable<Node?> Children => [value, .. body];

    public override Flow Execute(Activation a, TextBuffer output)
    {
        Scope.Enter(a);
        var before = a.State.AutoEscape;
        a.State.AutoEscape = PyIteration.Truth(value.Evaluate(a));
        var flow = ExecuteAll(body, a, output);
        a.State.AutoEscape = before;
        Scope.Leave(a);
        return flow;
    }
}

internal sealed class BreakStatement(Token at) : Statement(at)
{
    public override Flow Execute(Activation a, TextBuffer output) => Flow.Break;
}

internal sealed class ContinueStatement(Token at) : Statement(at)
{
    public override Flow Execute(Activation a, TextBuffer output) => Flow.Continue;
}

/// <summary>include, import, from and extends: a chat template has no loader, so reaching one is an error.</summary>
internal sealed class LoaderStatement(Token at, string tag, Expression template, IReadOnlyList<string> stores) : Statement(at)
{
    public string Tag => tag;

    public Expression Template => template;

    public IReadOnlyList<string> Stores => stores;

    public override IEnumerable<Node?> Children => [template];

    public override Flow Execute(Activation a, TextBuffer output)
    {
        template.Evaluate(a);
        a.State.At = this;
        throw TemplateException.TypeError("no loader for this environment specified");
    }
}

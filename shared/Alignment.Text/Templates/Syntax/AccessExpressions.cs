using Alignment.Text.Templates.Filters;
using Alignment.Text.Templates.Runtime;
using Alignment.Text.Templates.Values;

namespace Alignment.Text.Templates.Syntax;

internal sealed class AttributeExpression(Token at, Expression node, string name) : Expression(at)
{
    public override IEnumerable<Node?> Children => [node];

    public override string NotAssignable => "getattr";

    protected override object? Compute(Activation a)
    {
        var owner = node.Evaluate(a);
        a.State.At = this;
        return PyAttributes.GetAttribute(owner, name);
    }
}

internal sealed class ItemExpression(Token at, Expression node, Expression key) : Expression(at)
{
    public override IEnumerable<Node?> Children => [node, key];

    public override string NotAssignable => "getitem";

    protected override object? Compute(Activation a)
    {
        var owner = node.Evaluate(a);
        if (key is SliceExpression slice)
        {
            var (start, stop, step) = slice.Bounds(a);
            a.State.At = this;
            return PySlices.Slice(owner, start, stop, step, a.State);
        }

        var k = key.Evaluate(a);
        a.State.At = this;
        return PyAttributes.GetItem(owner, k);
    }
}

internal sealed class SliceExpression(Token at, Expression? start, Expression? stop, Expression? step) : Expression(at)
{
    public override IEnumerable<Node?> Children => [start, stop, step];

    public (object? Start, object? Stop, object? Step) Bounds(Activation a) => (start?.Evaluate(a), stop?.Evaluate(a), step?.Evaluate(a));

    protected override object? Compute(Activation a) => throw TemplateException.TypeError("a slice stands alone in its brackets");
}

/// <summary>The arguments of a call, filter or test.</summary>
internal sealed class ArgumentList(
    IReadOnlyList<Expression> positional, IReadOnlyList<(string Name, Expression Value)> named, Expression? rest, Expression? namedRest)
{
    public static readonly ArgumentList Empty = new([], [], null, null);

    public IReadOnlyList<(string Name, Expression Value)> Named => named;

    public IEnumerable<Node?> Children => [.. positional, .. named.Select(n => n.Value), rest, namedRest];

    public CallArguments Evaluate(Activation a)
    {
        if (positional.Count == 0 && named.Count == 0 && rest is null && namedRest is null)
        {
            return CallArguments.None;
        }

        var values = new List<object?>(positional.Count);
        foreach (var p in positional)
        {
            values.Add(p.Evaluate(a));
        }

        var names = new List<KeyValuePair<string, object?>>(named.Count);
        foreach (var (name, value) in named)
        {
            names.Add(new(name, value.Evaluate(a)));
        }

        if (rest?.Evaluate(a) is { } more)
        {
            values.AddRange(PyIteration.TryIterate(more) is null
                ? throw TemplateException.TypeError($"argument after * must be an iterable, not {PyTypes.Name(more)}") : PyIteration.ToList(more, a.State));
        }

        if (namedRest?.Evaluate(a) is { } moreNamed)
        {
            var dict = moreNamed as PyDict ?? throw TemplateException.TypeError($"argument after ** must be a mapping, not {PyTypes.Name(moreNamed)}");
            foreach (var (key, value) in dict.Entries)
            {
                var name = PyTypes.TryString(key, out var text) ? text : throw TemplateException.TypeError("keywords must be strings");
                names.Add(names.Exists(n => n.Key == name)
                    ? throw TemplateException.TypeError($"got multiple values for keyword argument '{name}'") : new(name, value));
            }
        }

        return new(values, names);
    }
}

internal sealed class CallExpression(Token at, Expression node, ArgumentList arguments) : Expression(at)
{
    public ArgumentList Arguments => arguments;

    public override IEnumerable<Node?> Children => [node, .. arguments.Children];

    public object? Call(Activation a, object? caller)
    {
        var callee = node.Evaluate(a);
        var values = arguments.Evaluate(a);
        if (caller is not null)
        {
            values = new(values.Positional, [.. values.Named, new("caller", caller)]);
        }

        a.State.At = this;
        return Invoke(callee, values, a.State);
    }

    public static object? Invoke(object? callee, CallArguments arguments, RenderState state) => callee switch
    {
        PyCallable f => f.Call(arguments, state),
        Undefined u => throw u.Error(),
        _ => throw TemplateException.TypeError($"'{PyTypes.Name(callee)}' object is not callable"),
    };

    protected override object? Compute(Activation a) => Call(a, null);
}

/// <summary>The captured text that a filter block or a filtered set block filters.</summary>
internal sealed class CapturedExpression(Token at) : Expression(at)
{
    protected override object? Compute(Activation a) => a.State.Captured;
}

internal sealed class FilterExpression(Token at, Expression node, string name, ArgumentList arguments) : Expression(at)
{
    private readonly FilterFunction? filter = BuiltinFilters.Find(name);

    public string Name => name;

    public bool Exists => filter is not null;

    public Expression Node => node;

    public override IEnumerable<Node?> Children => [node, .. arguments.Children];

    protected override object? Compute(Activation a)
    {
        var value = node.Evaluate(a);
        var values = arguments.Evaluate(a);
        a.State.At = this;
        return filter is null
            ? throw TemplateException.Other("TemplateRuntimeError", $"No filter named {PyRepr.Of(name)} found.")
            : filter(value, values, a.State);
    }
}

internal sealed class TestExpression(Token at, Expression node, string name, ArgumentList arguments) : Expression(at)
{
    private readonly TestFunction? test = BuiltinTests.Find(name);

    public string Name => name;

    public bool Exists => test is not null;

    public override IEnumerable<Node?> Children => [node, .. arguments.Children];

    protected override object? Compute(Activation a)
    {
        var value = node.Evaluate(a);
        var values = arguments.Evaluate(a);
        a.State.At = this;
        return test is null
            ? throw TemplateException.Other("TemplateRuntimeError", $"No test named {PyRepr.Of(name)} found.")
            : test(value, values, a.State);
    }
}

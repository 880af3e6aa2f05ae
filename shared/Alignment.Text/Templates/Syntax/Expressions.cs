using System.Text;
using Alignment.Text.Templates.Runtime;
using Alignment.Text.Templates.Values;

namespace Alignment.Text.Templates.Syntax;

internal sealed class ConstExpression(Token at, object? value) : Expression(at)
{
    protected override object? Compute(Activation a) => value;
}

/// <summary>Literal text between the tags.</summary>
internal sealed class DataExpression(Token at, string text) : Expression(at)
{
    public string Text => text;

    protected override object? Compute(Activation a) => text;
}

internal enum NameUse
{
    Load,
    Store,
    Parameter,
}

internal sealed class NameExpression(Token at, string name, NameUse use) : Expression(at)
{
    public string Name => name;

    public NameUse Use { get; set; } = use;

    public Location Location { get; set; }

    public override string? NotAssignable => name is "true" or "false" or "none" or "True" or "False" or "None" ? "name" : null;

    protected override object? Compute(Activation a)
    {
        var value = Location.Read(a);
        return value is Missing ? Undefined.Named(name) : value;
    }
}

/// <summary><c>ns.attribute</c> on the left of an assignment.</summary>
internal sealed class NamespaceExpression(Token at, string name, string attribute) : Expression(at)
{
    public string Name => name;

    public string Attribute => attribute;

    public override string? NotAssignable => null;

    protected override object? Compute(Activation a) => throw new InvalidOperationException("a namespace reference is only assigned");
}

internal sealed class TupleExpression(Token at, IReadOnlyList<Expression> items) : Expression(at)
{
    public IReadOnlyList<Expression> Items => items;

    public override IEnumerable<Node?> Children => items;

    public override string? NotAssignable => items.All(i => i.NotAssignable is null) ? null : "tuple";

    protected override object? Compute(Activation a) => new PyTuple([.. items.Select(i => i.Evaluate(a))]);
}

internal sealed class ListExpression(Token at, IReadOnlyList<Expression> items) : Expression(at)
{
    public override IEnumerable<Node?> Children => items;

    protected override object? Compute(Activation a)
    {
        var list = new List<object?>(items.Count);
        foreach (var item in items)
        {
            list.Add(item.Evaluate(a));
        }

        a.State.Allocate(list.Count);
        return new PyList(list);
    }
}

internal sealed class DictExpression(Token at, IReadOnlyList<(Expression Key, Expression Value)> items) : Expression(at)
{
    public override IEnumerable<Node?> Children => items.SelectMany(i => new[] { i.Key, i.Value });

    protected override object? Compute(Activation a)
    {
        var dict = new PyDict();
        foreach (var (key, value) in items)
        {
            var k = key.Evaluate(a);
            var v = value.Evaluate(a);
            a.State.At = this;
            dict.Set(k, v);
        }

        a.State.Allocate(dict.Count);
        return dict;
    }
}

internal sealed class CondExpression(Token at, Expression test, Expression then, Expression? otherwise) : Expression(at)
{
    public Expression Test => test;

    public Expression Then => then;

    public Expression? Otherwise => otherwise;

    public override IEnumerable<Node?> Children => [test, then, otherwise];

    protected override object? Compute(Activation a) => PyIteration.Truth(test.Evaluate(a)) ? then.Evaluate(a)
        : otherwise is not null ? otherwise.Evaluate(a)
        : Undefined.Hinted($"the inline if-expression on line {Line} evaluated to false and no else section was defined.");
}

internal sealed class BinaryExpression(Token at, string op, Expression left, Expression right) : Expression(at)
{
    public override IEnumerable<Node?> Children => [left, right];

    protected override object? Compute(Activation a)
    {
        var x = left.Evaluate(a);
        var y = right.Evaluate(a);
        a.State.At = this;
        return PyOperators.Binary(op, x, y, a.State);
    }
}

internal sealed class AndExpression(Token at, Expression left, Expression right) : Expression(at)
{
    public override IEnumerable<Node?> Children => [left, right];

    protected override object? Compute(Activation a)
    {
        var x = left.Evaluate(a);
        return PyIteration.Truth(x) ? right.Evaluate(a) : x;
    }
}

internal sealed class OrExpression(Token at, Expression left, Expression right) : Expression(at)
{
    public override IEnumerable<Node?> Children => [left, right];

    protected override object? Compute(Activation a)
    {
        var x = left.Evaluate(a);
        return PyIteration.Truth(x) ? x : right.Evaluate(a);
    }
}

internal sealed class NotExpression(Token at, Expression node) : Expression(at)
{
    public override IEnumerable<Node?> Children => [node];

    protected override object? Compute(Activation a) => !PyIteration.Truth(node.Evaluate(a));
}

internal sealed class SignExpression(Token at, bool negative, Expression node) : Expression(at)
{
    public override IEnumerable<Node?> Children => [node];

    public override string NotAssignable => negative ? "neg" : "pos";

    protected override object? Compute(Activation a)
    {
        var x = node.Evaluate(a);
        a.State.At = this;
        return negative ? PyOperators.Negate(x) : PyOperators.Plus(x);
    }
}

/// <summary>A chain such as <c>a &lt; b &lt;= c</c>: every operand is evaluated at most once.</summary>
internal sealed class CompareExpression(Token at, Expression first, IReadOnlyList<(string Op, Expression Operand)> rest) : Expression(at)
{
    public override IEnumerable<Node?> Children => rest.Select(r => r.Operand).Prepend(first);

    protected override object? Compute(Activation a)
    {
        var left = first.Evaluate(a);
        foreach (var (op, operand) in rest)
        {
            var right = operand.Evaluate(a);
            a.State.At = this;
            var holds = op switch
            {
                "in" => PyIteration.Contains(right, left, a.State),
                "notin" => !PyIteration.Contains(right, left, a.State),
                _ => PyCompare.Test(left, right, op),
            };
            if (!holds)
            {
                return false;
            }

            left = right;
        }

        return true;
    }
}

/// <summary><c>a ~ b ~ c</c>.</summary>
internal sealed class ConcatExpression(Token at, IReadOnlyList<Expression> parts) : Expression(at)
{
    public override IEnumerable<Node?> Children => parts;

    protected override object? Compute(Activation a)
    {
        var values = new object?[parts.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = parts[i].Evaluate(a);
        }

        a.State.At = this;
        var escape = a.State.AutoEscape && values.Any(v => v is Markup);
        var text = new StringBuilder();
        foreach (var value in values)
        {
            var s = escape ? PyOperators.EscapeUnlessMarkup(value) : PyRepr.Str(value);
            a.State.Allocate(s.Length);
            text.Append(s);
        }

        a.State.Allocate(text.Length);
        return escape ? new Markup(text.ToString()) : text.ToString();
    }
}

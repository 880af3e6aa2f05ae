using Alignment.Text.Templates.Runtime;
using Alignment.Text.Templates.Values;

namespace Alignment.Text.Templates.Syntax;

/// <summary>The bound body of a macro or call block.</summary>
internal sealed class MacroBody(IReadOnlyList<NameExpression> parameters, IReadOnlyList<Expression> defaults, IReadOnlyList<Statement> body)
{
    public IReadOnlyList<NameExpression> Parameters => parameters;

    public IReadOnlyList<Expression> Defaults => defaults;

    public IReadOnlyList<Statement> Body => body;

    public ScopeEntry Scope { get; set; } = ScopeEntry.Empty;

    public int Slots { get; set; }

    public IReadOnlyList<int> ParameterSlots { get; set; } = [];

    public int? CallerSlot { get; set; }

    public int? KeywordsSlot { get; set; }

    public int? VarargsSlot { get; set; }

    public IEnumerable<Node?> Children => [.. parameters, .. defaults, .. body];
}

internal sealed class MacroStatement(Token at, string name, MacroBody body) : Statement(at)
{
    public string Name => name;

    public MacroBody Body => body;

    public Target Target { get; set; } = null!;

    public override IEnumerable<Node?> Children => body.Children;

    public override Flow Execute(Activation a, TextBuffer output)
    {
        Target.Assign(a, new Macro(name, body, a));
        return Flow.Next;
    }
}

/// <summary><c>{% call … %}</c>, and <c>{% generation %}</c>, which calls a function of the host that notes the span.</summary>
internal sealed class CallBlockStatement(Token at, CallExpression? call, MacroBody body) : Statement(at)
{
    public CallExpression? Call => call;

    public MacroBody Body => body;

    public override IEnumerable<Node?> Children => [call, .. body.Children];

    public override Flow Execute(Activation a, TextBuffer output)
    {
        var caller = new Macro(null, body, a);
        object? value;
        if (call is not null)
        {
            value = call.Call(a, caller);
        }
        else
        {
            value = caller.Call(CallArguments.None, a.State);
            var start = a.State.Output.Length;
            a.State.Spans.Add((start, start + PyText.Length(PyRepr.Str(value))));
        }

        output.Write(a.State.AutoEscape ? PyOperators.EscapeUnlessMarkup(value) : PyRepr.Str(value));
        return Flow.Next;
    }
}

internal sealed class BlockStatement(Token at, string name, bool scoped, bool required, IReadOnlyList<Statement> body) : Statement(at)
{
    public string Name => name;

    public bool Scoped => scoped;

    public bool Required => required;

    public IReadOnlyList<Statement> Body => body;

    public ScopeEntry Scope { get; set; } = ScopeEntry.Empty;

    public int Slots { get; set; }

    public int? SelfSlot { get; set; }

    public int? SuperSlot { get; set; }

    /// <summary>What a scoped block sees of where it stands.</summary>
    public IReadOnlyList<(string Name, Location Location)> Visible { get; set; } = [];

    public override IEnumerable<Node?> Children => body;

    public override Flow Execute(Activation a, TextBuffer output)
    {
        PyDict? derived = null;
        if (scoped)
        {
            derived = a.Derived?.Copy() ?? new();
            foreach (var (variable, location) in Visible)
            {
                if (location.Read(a) is not Missing and var value)
                {
                    derived.Set(variable, value);
                }
            }
        }

        if (required)
        {
            a.State.At = this;
            throw TemplateException.Other("TemplateRuntimeError", $"Required block {PyRepr.Of(name)} not found");
        }

        Render(a.State, derived ?? a.Derived, output);
        return Flow.Next;
    }

    public void Render(RenderState state, PyDict? derived, TextBuffer output)
    {
        state.Enter();
        var a = new Activation(state, null, Slots) { Derived = derived };
        if (SelfSlot is { } self)
        {
            a.Slots[self] = new TemplateReference(state);
        }

        if (SuperSlot is { } super)
        {
            a.Slots[super] = Undefined.Hinted($"there is no parent block called {PyRepr.Of(name)}.");
        }

        Scope.Enter(a);
        ExecuteAll(body, a, output);
        state.Leave();
    }
}

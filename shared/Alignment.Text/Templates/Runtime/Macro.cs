using Alignment.Text.Templates.Syntax;
using Alignment.Text.Templates.Values;

namespace Alignment.Text.Templates.Runtime;

/// <summary>A macro together with the variables it closes over; name null for the <c>caller</c> of a call block.</summary>
internal sealed class Macro(string? name, MacroBody body, Activation outer) : PyCallable
{
    public override string TypeName => "Macro";

    public override string Repr => $"<Macro {(name is null ? "anonymous" : PyRepr.Of(name))}>";

    public override object? Attribute(string attribute) => attribute switch
    {
        "name" => name,
        "arguments" => new PyTuple([.. body.Parameters.Select(p => (object?)p.Name)]),
        "catch_kwargs" => body.KeywordsSlot is not null,
        "catch_varargs" => body.VarargsSlot is not null,
        "caller" => body.CallerSlot is not null,
        "explicit_caller" => body.Parameters.Any(p => p.Name == "caller"),
        _ => Missing.Value,
    };

    public override object? Call(CallArguments arguments, RenderState state)
    {
        state.Enter();
        var a = new Activation(state, outer, body.Slots);
        Bind(a, arguments);
        body.Scope.Enter(a);
        FillDefaults(a);
        var buffer = new TextBuffer(state);
        Statement.ExecuteAll(body.Body, a, buffer);
        state.Leave();
        return state.AutoEscape ? new Markup(buffer.ToString()) : buffer.ToString();
    }

    private void Bind(Activation a, CallArguments arguments)
    {
        var named = new List<KeyValuePair<string, object?>>(arguments.Named);
        var count = body.Parameters.Count;
        object? Pop(string key)
        {
            var i = named.FindIndex(n => n.Key == key);
            var value = i < 0 ? Missing.Value : named[i].Value;
            if (i >= 0)
            {
                named.RemoveAt(i);
            }

            return value;
        }

        var taken = Math.Min(count, arguments.Positional.Count);
        for (var i = 0; i < count; i++)
        {
            a.Slots[body.ParameterSlots[i]] = i < taken ? arguments.Positional[i] : Pop(body.Parameters[i].Name);
        }

        if (body.CallerSlot is { } callerSlot)
        {
            a.Slots[callerSlot] = Pop("caller") switch { Missing or null => Undefined.Hinted("No caller defined"), var caller => caller };
        }

        if (body.KeywordsSlot is { } keywords)
        {
            var rest = new PyDict();
            named.ForEach(n => rest.Set(n.Key, n.Value));
            a.Slots[keywords] = rest;
        }
        else if (named.Count > 0)
        {
            throw TemplateException.TypeError(named.Exists(n => n.Key == "caller")
                ? $"macro {PyRepr.Of(name)} was invoked with two values for the special caller argument. This is most likely a bug."
                : $"macro {PyRepr.Of(name)} takes no keyword argument {PyRepr.Of(named[0].Key)}");
        }

        if (body.VarargsSlot is { } varargs)
        {
            a.Slots[varargs] = new PyTuple([.. arguments.Positional.Skip(count)]);
        }
        else if (arguments.Positional.Count > count)
        {
            throw TemplateException.TypeError($"macro {PyRepr.Of(name)} takes not more than {count} argument(s)");
        }
    }

    private void FillDefaults(Activation a)
    {
        var first = body.Parameters.Count - body.Defaults.Count;
        for (var i = 0; i < body.Parameters.Count; i++)
        {
            if (a.Slots[body.ParameterSlots[i]] is Missing)
            {
                a.Slots[body.ParameterSlots[i]] = i >= first ? body.Defaults[i - first].Evaluate(a)
                    : Undefined.Hinted($"parameter {PyRepr.Of(body.Parameters[i].Name)} was not provided");
            }
        }
    }
}

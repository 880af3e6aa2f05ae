using Alignment.Text.Templates.Values;

namespace Alignment.Text.Templates.Runtime;

/// <summary>Positional and named arguments of a call.</summary>
internal sealed class CallArguments(IReadOnlyList<object?> positional, IReadOnlyList<KeyValuePair<string, object?>>? named = null)
{
    public static readonly CallArguments None = new([]);

    public IReadOnlyList<object?> Positional => positional;

    public IReadOnlyList<KeyValuePair<string, object?>> Named { get; } = named ?? [];

    public CallArguments Prepend(object? first) => new([first, .. positional], Named);

    public CallArguments Skip(int count) => new([.. positional.Skip(count)], Named);

    /// <summary>
    /// The values of <paramref name="parameters"/> in order; a name that ends in '?' may be absent and is then <see cref="Missing"/>.
    /// </summary>
    public object?[] Bind(string function, params ReadOnlySpan<string> parameters)
    {
        if (positional.Count > parameters.Length)
        {
            throw TemplateException.TypeError($"{function}() takes {parameters.Length} positional arguments but {positional.Count} were given");
        }

        var values = new object?[parameters.Length];
        Array.Fill(values, Missing.Value);
        for (var i = 0; i < positional.Count; i++)
        {
            values[i] = positional[i];
        }

        foreach (var (name, value) in Named)
        {
            var i = 0;
            while (i < parameters.Length && parameters[i].TrimEnd('?') != name)
            {
                i++;
            }

            if (i == parameters.Length)
            {
                throw TemplateException.TypeError($"{function}() got an unexpected keyword argument '{name}'");
            }

            if (values[i] is not Missing)
            {
                throw TemplateException.TypeError($"{function}() got multiple values for argument '{name}'");
            }

            values[i] = value;
        }

        for (var i = 0; i < values.Length; i++)
        {
            if (values[i] is Missing && !parameters[i].EndsWith('?'))
            {
                throw TemplateException.TypeError($"{function}() missing 1 required positional argument: '{parameters[i]}'");
            }
        }

        return values;
    }
}

/// <summary>Anything a template may call.</summary>
internal abstract class PyCallable
{
    public abstract string TypeName { get; }

    public abstract string Repr { get; }

    public abstract object? Call(CallArguments arguments, RenderState state);

    /// <summary>A readable attribute, or <see cref="Missing"/>.</summary>
    public virtual object? Attribute(string name) => Missing.Value;
}

/// <summary>A function of the host.</summary>
internal sealed class HostFunction(string name, Func<CallArguments, RenderState, object?> body, string typeName = "function") : PyCallable
{
    public override string TypeName => typeName;

    public override string Repr => typeName == "type" ? $"<class '{name}'>" : $"<{typeName} {name}>";

    public override object? Call(CallArguments arguments, RenderState state) => body(arguments, state);
}

/// <summary>A host object with attributes that is not callable.</summary>
internal abstract class PyObject
{
    public abstract string TypeName { get; }

    public virtual string Repr => $"<{TypeName} object>";

    public abstract object? Attribute(string name);
}

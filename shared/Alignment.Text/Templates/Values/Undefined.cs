namespace Alignment.Text.Templates.Values;

/// <summary>A variable without a value yet; becomes <see cref="Undefined"/> when it is read.</summary>
internal sealed class Missing
{
    public static readonly Missing Value = new();
}

/// <summary>Jinja's lenient Undefined: prints as nothing, iterates as empty, is false; every other use fails with its own message.</summary>
internal sealed class Undefined
{
    private readonly string? hint;
    private readonly object? owner;
    private readonly object? name;
    private readonly bool unsafeAccess;

    private Undefined(string? hint, object? owner, object? name, bool unsafeAccess = false)
    {
        this.hint = hint;
        this.owner = owner;
        this.name = name;
        this.unsafeAccess = unsafeAccess;
    }

    public static Undefined Named(string name) => new(null, Missing.Value, name);

    public static Undefined Hinted(string hint) => new(hint, Missing.Value, null);

    public static Undefined Of(object? owner, object? name) => new(null, owner, name);

    public static Undefined Unsafe(object? owner, string attribute) =>
        new($"access to attribute {PyRepr.Of(attribute)} of {PyRepr.Of(PyTypes.Name(owner))} object is unsafe.", owner, attribute, true);

    public TemplateException Error() => new(unsafeAccess ? "security" : "undefined", unsafeAccess ? "SecurityError" : "UndefinedError", Message());

    private string Message()
    {
        if (hint is not null)
        {
            return hint;
        }

        if (owner is Missing)
        {
            return $"{PyRepr.Of(name)} is undefined";
        }

        var type = PyTypes.ObjectTypeRepr(owner);
        return name is string or Markup ? $"{PyRepr.Of(type)} has no attribute {PyRepr.Of(name)}" : $"{type} has no element {PyRepr.Of(name)}";
    }
}

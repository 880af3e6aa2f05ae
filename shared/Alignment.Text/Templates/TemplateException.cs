namespace Alignment.Text.Templates;

/// <summary>
/// Why a template could not be parsed or rendered. <see cref="Kind"/> is one of: raised (the template called <c>raise_exception</c>),
/// undefined, syntax, security (sandbox), type, key, value, other.
/// </summary>
public sealed class TemplateException : Exception
{
    public TemplateException(string kind, string type, string message, int line = 0, int column = 0)
        : base(message)
    {
        Kind = kind;
        Type = type;
        Line = line;
        Column = column;
    }

    public string Kind { get; }

    /// <summary>The exception's name in the reference implementation, such as <c>TemplateSyntaxError</c>.</summary>
    public string Type { get; }

    /// <summary>1-based line in the template; 0 if unknown.</summary>
    public int Line { get; internal set; }

    /// <summary>1-based column in the template; 0 if unknown.</summary>
    public int Column { get; internal set; }

    internal static TemplateException TypeError(string message) => new("type", "TypeError", message);

    internal static TemplateException ValueError(string message) => new("value", "ValueError", message);

    internal static TemplateException KeyError(string message) => new("key", "KeyError", message);

    internal static TemplateException Syntax(string message, int line, int column) => new("syntax", "TemplateSyntaxError", message, line, column);

    internal static TemplateException Other(string type, string message) => new("other", type, message);

    internal static TemplateException Security(string message) => new("security", "SecurityError", message);

    /// <summary>One of the sandbox's limits was reached.</summary>
    internal static TemplateException Limit(string what) => new("other", "LimitExceeded", what);
}

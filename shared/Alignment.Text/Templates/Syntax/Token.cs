namespace Alignment.Text.Templates.Syntax;

/// <summary>One token: its type as jinja2 names it, its value (text, or the number of a literal), and where it begins.</summary>
internal sealed record Token(string Type, object? Value, int Line, int Column)
{
    public string Text => Value as string ?? "";

    public bool Is(string type) => Type == type;

    public bool IsName(string name) => Type == "name" && Text == name;

    /// <summary>How messages name the token.</summary>
    public string Description => Type == "name" ? Text : Describe(Type);

    public static string Describe(string type) => type switch
    {
        "block_begin" => "begin of statement block",
        "block_end" => "end of statement block",
        "variable_begin" => "begin of print statement",
        "variable_end" => "end of print statement",
        "data" => "template data / text",
        "eof" => "end of template",
        "add" => "+", "sub" => "-", "div" => "/", "floordiv" => "//", "mul" => "*", "mod" => "%", "pow" => "**", "tilde" => "~",
        "lbracket" => "[", "rbracket" => "]", "lparen" => "(", "rparen" => ")", "lbrace" => "{", "rbrace" => "}",
        "eq" => "==", "ne" => "!=", "gt" => ">", "gteq" => ">=", "lt" => "<", "lteq" => "<=",
        "assign" => "=", "dot" => ".", "colon" => ":", "pipe" => "|", "comma" => ",", "semicolon" => ";",
        _ => type,
    };
}

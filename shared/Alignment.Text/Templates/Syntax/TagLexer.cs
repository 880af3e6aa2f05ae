using System.Globalization;
using Alignment.Text.Templates.Values;

namespace Alignment.Text.Templates.Syntax;

/// <summary>The tokens inside <c>{{ … }}</c> and <c>{% … %}</c>.</summary>
internal sealed class TagLexer(string source)
{
    private static readonly Dictionary<string, string> Operators = new(StringComparer.Ordinal)
    {
        ["+"] = "add", ["-"] = "sub", ["/"] = "div", ["//"] = "floordiv", ["*"] = "mul", ["%"] = "mod", ["**"] = "pow", ["~"] = "tilde",
        ["["] = "lbracket", ["]"] = "rbracket", ["("] = "lparen", [")"] = "rparen", ["{"] = "lbrace", ["}"] = "rbrace",
        ["=="] = "eq", ["!="] = "ne", [">"] = "gt", [">="] = "gteq", ["<"] = "lt", ["<="] = "lteq", ["="] = "assign",
        ["."] = "dot", [":"] = "colon", ["|"] = "pipe", [","] = "comma", [";"] = "semicolon",
    };

    private readonly Stack<char> open = new();
    private bool block;
    private int lineStart;

    public int Position { get; private set; }

    public int Line { get; private set; }

    public void Begin(int position, int line, bool isBlock)
    {
        (Position, Line, block) = (position, line, isBlock);
        lineStart = position == 0 ? 0 : source.LastIndexOf('\n', position - 1) + 1;
        open.Clear();
    }

    /// <summary>The next token; null at the end of the template.</summary>
    public Token? Next()
    {
        while (true)
        {
            if (open.Count == 0 && TagEnd() is { } end)
            {
                return Take(block ? "block_end" : "variable_end", end, null);
            }

            if (Position >= source.Length)
            {
                return null;
            }

            var c = source[Position];
            if (!PyText.IsSpace(c))
            {
                return char.IsAsciiDigit(c) ? Number() : PyText.IsWord(PyText.At(source, Position, out _)) || IsIdentifierMark(c) ? Name()
                    : c is '\'' or '"' && StringEnd(c) is { } close ? Take("string", close, StringLiteral.Unescape(source[(Position + 1)..(close - 1)], Line, Column))
                    : Operator();
            }

            lineStart = c == '\n' ? Position + 1 : lineStart;
            Line += c == '\n' ? 1 : 0;
            Position++;
        }
    }

    private int Column => Position - lineStart + 1;

    private static bool IsIdentifierMark(char c) => c == 0xB7 || (c > 0x7F && PyText.Category(c) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark);

    private Token Take(string type, int end, object? value)
    {
        var token = new Token(type, value ?? source[Position..end], Line, Column);
        var lastLine = source.LastIndexOf('\n', end - 1, end - Position);
        Line += source.AsSpan(Position, end - Position).Count('\n');
        lineStart = lastLine >= 0 ? lastLine + 1 : lineStart;
        Position = end;
        return token;
    }

    private int? TagEnd()
    {
        bool At(string text) => string.CompareOrdinal(source, Position, text, 0, text.Length) == 0;
        if (At(block ? "-%}" : "-}}"))
        {
            var i = Position + 3;
            while (i < source.Length && PyText.IsSpace(source[i]))
            {
                i++;
            }

            return i;
        }

        if (!block)
        {
            return At("}}") ? Position + 2 : null;
        }

        return At("+%}") ? Position + 3 : At("%}\n") ? Position + 3 : At("%}") ? Position + 2 : null;
    }

    private Token Name()
    {
        var i = Position;
        while (i < source.Length && (PyText.IsWord(PyText.At(source, i, out var used)) || IsIdentifierMark(source[i]) || (used == 2 && PyText.IsWord(PyText.At(source, i, out _)))))
        {
            i += used;
        }

        var name = source[Position..i];
        return PyText.IsIdentifier(name) ? Take("name", i, name) : throw TemplateException.Syntax("Invalid character in identifier", Line, Column);
    }

    private int? StringEnd(char quote)
    {
        for (var i = Position + 1; i < source.Length; i++)
        {
            if (source[i] == '\\')
            {
                i++;
            }
            else if (source[i] == quote)
            {
                return i + 1;
            }
        }

        return null;
    }

    private Token Operator()
    {
        var length = Position + 1 < source.Length && Operators.ContainsKey(source.Substring(Position, 2)) ? 2 : 1;
        var text = source.Substring(Position, length);
        if (!Operators.TryGetValue(text, out var type))
        {
            PyText.At(source, Position, out var used);
            var c = PyRepr.Of(source.Substring(Position, used));
            throw TemplateException.Syntax($"unexpected char {c} at {PyText.Length(source.AsSpan(0, Position))}", Line, Column);
        }

        if (text is "{" or "(" or "[")
        {
            open.Push(text == "{" ? '}' : text == "(" ? ')' : ']');
        }
        else if (text is "}" or ")" or "]")
        {
            if (open.Count == 0)
            {
                throw TemplateException.Syntax($"unexpected '{text}'", Line, Column);
            }

            var expected = open.Pop();
            if (expected != text[0])
            {
                throw TemplateException.Syntax($"unexpected '{text}', expected '{expected}'", Line, Column);
            }
        }

        return Take(type, Position + length, text);
    }

    private Token Number()
    {
        var afterDot = Position > 0 && source[Position - 1] == '.';
        if (!afterDot && FloatEnd() is { } end)
        {
            var text = source[Position..end].Replace("_", "", StringComparison.Ordinal);
            return Take("float", end, double.Parse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture));
        }

        var stop = IntegerEnd();
        var value = PyNumber.ParseInteger(source[Position..stop], 0);
        return value is null
            ? throw TemplateException.Syntax("Exceeds the limit (4300 digits) for integer string conversion", Line, Column)
            : Take("integer", stop, value);
    }

    private int? FloatEnd()
    {
        if (Digits(Position) is not { } whole)
        {
            return null;
        }

        var fraction = whole < source.Length && source[whole] == '.' ? Digits(whole + 1) : null;
        var mantissa = fraction ?? whole;
        if (mantissa < source.Length && source[mantissa] is 'e' or 'E')
        {
            var sign = mantissa + 1 < source.Length && source[mantissa + 1] is '+' or '-' ? 1 : 0;
            if (Digits(mantissa + 1 + sign) is { } exponent)
            {
                return exponent;
            }
        }

        return fraction;
    }

    /// <summary>Digits with single underscores between them.</summary>
    private int? Digits(int i, string digits = "0123456789")
    {
        var begin = i;
        while (i < source.Length && (digits.Contains(char.ToLowerInvariant(source[i]), StringComparison.Ordinal)
            || (source[i] == '_' && i > begin && i + 1 < source.Length && digits.Contains(char.ToLowerInvariant(source[i + 1]), StringComparison.Ordinal))))
        {
            i++;
        }

        return i > begin ? i : null;
    }

    private int IntegerEnd()
    {
        if (source[Position] == '0')
        {
            var radix = Position + 1 < source.Length ? char.ToLowerInvariant(source[Position + 1]) : ' ';
            var set = radix switch { 'x' => "0123456789abcdef", 'o' => "01234567", 'b' => "01", _ => "" };
            if (set.Length > 0)
            {
                var from = Position + 2 + (Position + 2 < source.Length && source[Position + 2] == '_' ? 1 : 0);
                if (Digits(from, set) is { } end)
                {
                    return end;
                }
            }

            return Digits(Position, "0") ?? Position + 1;
        }

        return Digits(Position) ?? Position + 1;
    }
}

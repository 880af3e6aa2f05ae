using Alignment.Text.Templates.Values;

namespace Alignment.Text.Templates.Syntax;

/// <summary>Tokens with one of look-ahead.</summary>
internal sealed class TokenStream
{
    private readonly IEnumerator<Token> source;
    private readonly Queue<Token> pushed = new();

    public TokenStream(IEnumerator<Token> source)
    {
        this.source = source;
        Current = new("initial", "", 1, 1);
        Next();
    }

    public Token Current { get; private set; }

    public bool AtEnd => Current.Type == "eof" && pushed.Count == 0;

    /// <summary>Goes on and returns the token passed.</summary>
    public Token Next()
    {
        var passed = Current;
        Current = pushed.Count > 0 ? pushed.Dequeue() : passed.Type == "eof" ? passed
            : source.MoveNext() ? source.Current : new("eof", "", passed.Line, passed.Column);
        return passed;
    }

    public Token Look()
    {
        var old = Next();
        var result = Current;
        pushed.Enqueue(result);
        Current = old;
        return result;
    }

    public bool SkipIf(string type)
    {
        var hit = Current.Type == type;
        if (hit)
        {
            Next();
        }

        return hit;
    }

    public bool SkipIfName(string name)
    {
        var hit = Current.IsName(name);
        if (hit)
        {
            Next();
        }

        return hit;
    }

    public Token Expect(string type) => Current.Type == type ? Next() : throw Unexpected(Token.Describe(type));

    public Token ExpectName(string name) => Current.IsName(name) ? Next() : throw Unexpected(name);

    private TemplateException Unexpected(string expected) => TemplateException.Syntax(Current.Type == "eof"
        ? $"unexpected end of template, expected {PyRepr.Of(expected)}."
        : $"expected token {PyRepr.Of(expected)}, got {PyRepr.Of(Current.Description)}", Current.Line, Current.Column);
}

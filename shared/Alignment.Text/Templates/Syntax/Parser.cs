using Alignment.Text.Templates.Values;

namespace Alignment.Text.Templates.Syntax;

/// <summary>jinja2's parser with the loop control and generation extensions. This part: statements.</summary>
internal sealed partial class Parser
{
    private readonly TokenStream stream;
    private readonly Stack<string> tags = new();
    private readonly Stack<string[]> ends = new();

    private Parser(string source) => stream = new(new Lexer(source).Tokens());

    public static IReadOnlyList<Statement> Parse(string source) => new Parser(source).Body(null);

    /// <summary>Statements until one of the end tags, whose name is then the current token.</summary>
    private List<Statement> Body(string[]? endTags)
    {
        StackGuard.Check();
        var body = new List<Statement>();
        var data = new List<Expression>();
        void Flush(Token at)
        {
            if (data.Count > 0)
            {
                body.Add(new OutputStatement(at, data));
                data = [];
            }
        }

        if (endTags is not null)
        {
            ends.Push(endTags);
        }

        var first = stream.Current;
        while (!stream.AtEnd)
        {
            var token = stream.Current;
            first = data.Count == 0 ? token : first;
            if (token.Is("data"))
            {
                data.Add(new DataExpression(token, token.Text));
                stream.Next();
            }
            else if (token.Is("variable_begin"))
            {
                stream.Next();
                data.Add(ParseTuple());
                stream.Expect("variable_end");
            }
            else
            {
                Flush(first);
                stream.Next();
                if (endTags is not null && stream.Current.Is("name") && endTags.Contains(stream.Current.Text))
                {
                    ends.Pop();
                    return body;
                }

                body.Add(ParseStatement());
                stream.Expect("block_end");
            }
        }

        Flush(first);
        if (endTags is not null)
        {
            ends.Pop();
        }

        return body;
    }

    private List<Statement> ParseStatements(string[] endTags, bool dropEnd = false)
    {
        stream.SkipIf("colon");
        stream.Expect("block_end");
        var body = Body(endTags);
        if (stream.Current.Is("eof"))
        {
            ends.Push(endTags);
            throw UnknownOrMissing(null, stream.Current);
        }

        if (dropEnd)
        {
            stream.Next();
        }

        return body;
    }

    private Statement ParseStatement()
    {
        var token = stream.Current;
        if (!token.Is("name"))
        {
            throw TemplateException.Syntax("tag name expected", token.Line, token.Column);
        }

        tags.Push(token.Text);
        Statement? statement = token.Text switch
        {
            "for" => ParseFor(),
            "if" => ParseIf(),
            "block" => ParseBlock(),
            "print" => ParsePrint(),
            "macro" => ParseMacro(),
            "set" => ParseSet(),
            "with" => ParseWith(),
            "autoescape" => ParseAutoescape(),
            "call" => ParseCallBlock(),
            "filter" => ParseFilterBlock(),
            "extends" or "include" or "import" or "from" => ParseLoader(),
            "break" => new BreakStatement(stream.Next()),
            "continue" => new ContinueStatement(stream.Next()),
            "generation" => ParseGeneration(),
            _ => null,
        };
        tags.Pop();
        return statement ?? throw UnknownOrMissing(token.Text, token);
    }

    private TemplateException UnknownOrMissing(string? name, Token at)
    {
        var message = name is null ? "Unexpected end of template." : $"Encountered unknown tag {PyRepr.Of(name)}.";
        if (ends.TryPeek(out var wanted))
        {
            var looking = string.Join(" or ", wanted.Select(PyRepr.Of));
            message += name is not null && ends.Any(e => e.Contains(name))
                ? $" You probably made a nesting mistake. Jinja is expecting this tag, but currently looking for {looking}."
                : $" Jinja was looking for the following tags: {looking}.";
        }

        if (tags.TryPeek(out var innermost))
        {
            message += $" The innermost block that needs to be closed is {PyRepr.Of(innermost)}.";
        }

        return TemplateException.Syntax(message, at.Line, at.Column);
    }

    private Statement ParseSet()
    {
        var at = stream.Next();
        var target = ParseAssignTarget(null, true);
        if (stream.SkipIf("assign"))
        {
            return new AssignStatement(at, target, ParseTuple());
        }

        var captured = new CapturedExpression(at);
        var filter = ParseFilters(captured, false);
        var body = ParseStatements(["endset"], true);
        return new AssignBlockStatement(at, target, ReferenceEquals(filter, captured) ? null : filter, body);
    }

    private ForStatement ParseFor()
    {
        var at = stream.ExpectName("for");
        var target = ParseAssignTarget("in", false);
        stream.ExpectName("in");
        var sequence = ParseTuple(withCondition: false, endName: "recursive");
        var test = stream.SkipIfName("if") ? ParseExpression() : null;
        var recursive = stream.SkipIfName("recursive");
        var body = ParseStatements(["endfor", "else"]);
        var otherwise = stream.Next().Text == "endfor" ? [] : ParseStatements(["endfor"], true);
        return new(at, target, sequence, body, otherwise, test, recursive);
    }

    private IfStatement ParseIf()
    {
        var result = new IfStatement(stream.ExpectName("if"));
        var node = result;
        while (true)
        {
            node.Test = ParseTuple(withCondition: false);
            node.Body = ParseStatements(["elif", "else", "endif"]);
            var token = stream.Next();
            if (token.IsName("elif"))
            {
                node = new(stream.Current);
                result.ElseIfs.Add(node);
                continue;
            }

            if (token.IsName("else"))
            {
                result.Else = ParseStatements(["endif"], true);
            }

            return result;
        }
    }

    private WithStatement ParseWith()
    {
        var at = stream.Next();
        var targets = new List<Expression>();
        var values = new List<Expression>();
        while (!stream.Current.Is("block_end"))
        {
            if (targets.Count > 0)
            {
                stream.Expect("comma");
            }

            var target = ParseAssignTarget(null, false);
            Use(target, NameUse.Parameter);
            targets.Add(target);
            stream.Expect("assign");
            values.Add(ParseExpression());
        }

        return new(at, targets, values, ParseStatements(["endwith"], true));
    }

    private AutoescapeStatement ParseAutoescape()
    {
        var at = stream.Next();
        return new(at, ParseExpression(), ParseStatements(["endautoescape"], true));
    }

    private BlockStatement ParseBlock()
    {
        var at = stream.Next();
        var name = stream.Expect("name").Text;
        var scoped = stream.SkipIfName("scoped");
        var required = stream.SkipIfName("required");
        if (stream.Current.Is("sub"))
        {
            throw Fail("Block names in Jinja have to be valid Python identifiers and may not contain hyphens, use an underscore instead.");
        }

        var body = ParseStatements(["endblock"], true);
        if (required && !body.All(s => s is OutputStatement o && o.Nodes.All(n => n is DataExpression d && string.IsNullOrWhiteSpace(d.Text))))
        {
            throw Fail("Required blocks can only contain comments or whitespace");
        }

        stream.SkipIfName(name);
        return new(at, name, scoped, required, body);
    }

    private LoaderStatement ParseLoader()
    {
        var at = stream.Next();
        var template = ParseExpression();
        var stores = new List<string>();
        switch (at.Text)
        {
            case "include":
                if (stream.Current.IsName("ignore") && stream.Look().IsName("missing"))
                {
                    stream.Next();
                    stream.Next();
                }

                break;
            case "import":
                stream.ExpectName("as");
                stores.Add(ParseName(NameUse.Store).Name);
                break;
            case "from":
                stream.ExpectName("import");
                ParseImportedNames(stores);
                return new(at, at.Text, template, stores);
            default:
                return new(at, at.Text, template, stores);
        }

        SkipContext();
        return new(at, at.Text, template, stores);
    }

    private bool SkipContext()
    {
        var hit = (stream.Current.IsName("with") || stream.Current.IsName("without")) && stream.Look().IsName("context");
        if (hit)
        {
            stream.Next();
            stream.Next();
        }

        return hit;
    }

    private void ParseImportedNames(List<string> stores)
    {
        do
        {
            if (SkipContext())
            {
                return;
            }

            var target = ParseName(NameUse.Store);
            if (target.Name.StartsWith('_'))
            {
                throw new TemplateException("syntax", "TemplateAssertionError", "names starting with an underline can not be imported", target.Line, target.Column);
            }

            stores.Add(stream.SkipIfName("as") ? ParseName(NameUse.Store).Name : target.Name);
        }
        while (!SkipContext() && stream.SkipIf("comma"));
    }

    private MacroBody ParseCallable(List<NameExpression> parameters, List<Expression> defaults, string end) =>
        new(parameters, defaults, ParseStatements([end], true));

    private MacroStatement ParseMacro()
    {
        var at = stream.Next();
        var name = ParseName(NameUse.Store).Name;
        var (parameters, defaults) = ParseSignature();
        return new(at, name, ParseCallable(parameters, defaults, "endmacro"));
    }

    private CallBlockStatement ParseCallBlock()
    {
        var at = stream.Next();
        var (parameters, defaults) = stream.Current.Is("lparen") ? ParseSignature() : ([], []);
        var call = ParseExpression() as CallExpression ?? throw TemplateException.Syntax("expected call", at.Line, at.Column);
        return new(at, call, ParseCallable(parameters, defaults, "endcall"));
    }

    private CallBlockStatement ParseGeneration()
    {
        var at = stream.Next();
        return new(at, null, ParseCallable([], [], "endgeneration"));
    }

    private FilterBlockStatement ParseFilterBlock()
    {
        var at = stream.Next();
        var captured = new CapturedExpression(at);
        var filter = ParseFilters(captured, true);
        return new(at, filter, ParseStatements(["endfilter"], true));
    }

    private OutputStatement ParsePrint()
    {
        var at = stream.Next();
        var nodes = new List<Expression>();
        while (!stream.Current.Is("block_end"))
        {
            if (nodes.Count > 0)
            {
                stream.Expect("comma");
            }

            nodes.Add(ParseExpression());
        }

        return new(at, nodes);
    }

    private (List<NameExpression> Parameters, List<Expression> Defaults) ParseSignature()
    {
        var parameters = new List<NameExpression>();
        var defaults = new List<Expression>();
        stream.Expect("lparen");
        while (!stream.Current.Is("rparen"))
        {
            if (parameters.Count > 0)
            {
                stream.Expect("comma");
            }

            var parameter = ParseName(NameUse.Parameter);
            if (stream.SkipIf("assign"))
            {
                defaults.Add(ParseExpression());
            }
            else if (defaults.Count > 0)
            {
                throw Fail("non-default argument follows default argument");
            }

            parameters.Add(parameter);
        }

        stream.Expect("rparen");
        return (parameters, defaults);
    }

    private TemplateException Fail(string message, Token? at = null) => TemplateException.Syntax(message, (at ?? stream.Current).Line, (at ?? stream.Current).Column);
}

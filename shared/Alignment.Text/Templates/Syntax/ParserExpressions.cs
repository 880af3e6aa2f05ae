using Alignment.Text.Templates.Values;

namespace Alignment.Text.Templates.Syntax;

/// <summary>The parser's second part: expressions, loosest binding first.</summary>
internal sealed partial class Parser
{
    private static readonly Dictionary<string, string> Comparisons = new()
    {
        ["eq"] = "==", ["ne"] = "!=", ["lt"] = "<", ["lteq"] = "<=", ["gt"] = ">", ["gteq"] = ">=",
    };

    private NameExpression ParseName(NameUse use)
    {
        var token = stream.Expect("name");
        var name = new NameExpression(token, token.Text, use);
        return name.NotAssignable is { } kind ? throw Fail($"can't assign to '{kind}'", token) : name;
    }

    private Expression ParseAssignTarget(string? endName, bool withNamespace)
    {
        var at = stream.Current;
        var target = ParseTuple(simplified: true, endName: endName, withNamespace: withNamespace);
        Use(target, NameUse.Store);
        return target.NotAssignable is { } kind ? throw Fail($"can't assign to {PyRepr.Of(kind)}", at) : target;
    }

    private static void Use(Expression target, NameUse use)
    {
        foreach (var name in target.Descendants().OfType<NameExpression>())
        {
            name.Use = use;
        }
    }

    private Expression ParseExpression(bool withCondition = true)
    {
        StackGuard.Check();
        return withCondition ? ParseCondition() : ParseOr();
    }

    private Expression ParseCondition()
    {
        StackGuard.Check();
        var at = stream.Current;
        var value = ParseOr();
        while (stream.SkipIfName("if"))
        {
            var test = ParseOr();
            var otherwise = stream.SkipIfName("else") ? ParseCondition() : null;
            value = new CondExpression(at, test, value, otherwise);
            at = stream.Current;
        }

        return value;
    }

    private Expression ParseOr()
    {
        var at = stream.Current;
        var left = ParseAnd();
        while (stream.SkipIfName("or"))
        {
            left = new OrExpression(at, left, ParseAnd());
        }

        return left;
    }

    private Expression ParseAnd()
    {
        var at = stream.Current;
        var left = ParseNot();
        while (stream.SkipIfName("and"))
        {
            left = new AndExpression(at, left, ParseNot());
        }

        return left;
    }

    private Expression ParseNot()
    {
        if (!stream.Current.IsName("not"))
        {
            return ParseCompare();
        }

        StackGuard.Check();
        var at = stream.Next();
        return new NotExpression(at, ParseNot());
    }

    private Expression ParseCompare()
    {
        var at = stream.Current;
        var first = ParseSum();
        var rest = new List<(string, Expression)>();
        while (true)
        {
            if (Comparisons.TryGetValue(stream.Current.Type, out var op))
            {
                stream.Next();
                rest.Add((op, ParseSum()));
            }
            else if (stream.SkipIfName("in"))
            {
                rest.Add(("in", ParseSum()));
            }
            else if (stream.Current.IsName("not") && stream.Look().IsName("in"))
            {
                stream.Next();
                stream.Next();
                rest.Add(("notin", ParseSum()));
            }
            else
            {
                return rest.Count == 0 ? first : new CompareExpression(at, first, rest);
            }
        }
    }

    private Expression ParseSum()
    {
        var left = ParseConcat();
        while (stream.Current.Type is "add" or "sub")
        {
            var op = stream.Next();
            left = new BinaryExpression(op, op.Is("add") ? "+" : "-", left, ParseConcat());
        }

        return left;
    }

    private Expression ParseConcat()
    {
        var at = stream.Current;
        var parts = new List<Expression> { ParseProduct() };
        while (stream.SkipIf("tilde"))
        {
            parts.Add(ParseProduct());
        }

        return parts.Count == 1 ? parts[0] : new ConcatExpression(at, parts);
    }

    private Expression ParseProduct()
    {
        var left = ParsePower();
        while (stream.Current.Type is "mul" or "div" or "floordiv" or "mod")
        {
            var op = stream.Next();
            left = new BinaryExpression(op, Token.Describe(op.Type), left, ParsePower());
        }

        return left;
    }

    /// <summary>Unlike Python's, jinja2's power binds to the left, and looser than a sign.</summary>
    private Expression ParsePower()
    {
        var left = ParseUnary();
        while (stream.Current.Is("pow"))
        {
            var op = stream.Next();
            left = new BinaryExpression(op, "**", left, ParseUnary());
        }

        return left;
    }

    private Expression ParseUnary(bool withFilter = true)
    {
        StackGuard.Check();
        var at = stream.Current;
        Expression node;
        if (at.Type is "sub" or "add")
        {
            stream.Next();
            node = new SignExpression(at, at.Is("sub"), ParseUnary(false));
        }
        else
        {
            node = ParsePrimary(false);
        }

        node = ParsePostfix(node);
        return withFilter ? ParseFilterExpression(node) : node;
    }

    private Expression ParsePrimary(bool withNamespace)
    {
        var token = stream.Current;
        switch (token.Type)
        {
            case "name":
                stream.Next();
                if (token.Text is "true" or "True" or "false" or "False")
                {
                    return new ConstExpression(token, token.Text is "true" or "True");
                }

                if (token.Text is "none" or "None")
                {
                    return new ConstExpression(token, null);
                }

                return withNamespace && stream.SkipIf("dot")
                    ? new NamespaceExpression(token, token.Text, stream.Expect("name").Text)
                    : new NameExpression(token, token.Text, NameUse.Load);
            case "string":
                var text = new System.Text.StringBuilder();
                while (stream.Current.Is("string"))
                {
                    text.Append(stream.Next().Text);
                }

                return new ConstExpression(token, text.ToString());
            case "integer" or "float":
                stream.Next();
                return new ConstExpression(token, token.Value);
            case "lparen":
                stream.Next();
                var inner = ParseTuple(parentheses: true);
                stream.Expect("rparen");
                return inner;
            case "lbracket":
                return ParseList();
            case "lbrace":
                return ParseDict();
            default:
                throw Fail($"unexpected {PyRepr.Of(token.Description)}", token);
        }
    }

    private Expression ParseTuple(bool simplified = false, bool withCondition = true, string? endName = null, bool parentheses = false, bool withNamespace = false)
    {
        StackGuard.Check();
        var at = stream.Current;
        var items = new List<Expression>();
        var isTuple = false;
        while (true)
        {
            if (items.Count > 0)
            {
                stream.Expect("comma");
            }

            if (stream.Current.Type is "variable_end" or "block_end" or "rparen" || (endName is not null && stream.Current.IsName(endName)))
            {
                break;
            }

            items.Add(simplified ? ParsePrimary(withNamespace) : ParseExpression(withCondition));
            if (!stream.Current.Is("comma"))
            {
                break;
            }

            isTuple = true;
        }

        if (!isTuple)
        {
            if (items.Count > 0)
            {
                return items[0];
            }

            if (!parentheses)
            {
                throw Fail($"Expected an expression, got {PyRepr.Of(stream.Current.Description)}");
            }
        }

        return new TupleExpression(at, items);
    }

    private ListExpression ParseList()
    {
        var at = stream.Expect("lbracket");
        var items = new List<Expression>();
        while (!stream.Current.Is("rbracket"))
        {
            if (items.Count > 0)
            {
                stream.Expect("comma");
            }

            if (stream.Current.Is("rbracket"))
            {
                break;
            }

            items.Add(ParseExpression());
        }

        stream.Expect("rbracket");
        return new(at, items);
    }

    private DictExpression ParseDict()
    {
        var at = stream.Expect("lbrace");
        var items = new List<(Expression, Expression)>();
        while (!stream.Current.Is("rbrace"))
        {
            if (items.Count > 0)
            {
                stream.Expect("comma");
            }

            if (stream.Current.Is("rbrace"))
            {
                break;
            }

            var key = ParseExpression();
            stream.Expect("colon");
            items.Add((key, ParseExpression()));
        }

        stream.Expect("rbrace");
        return new(at, items);
    }

    private Expression ParsePostfix(Expression node)
    {
        while (true)
        {
            switch (stream.Current.Type)
            {
                case "dot" or "lbracket":
                    node = ParseSubscript(node);
                    break;
                case "lparen":
                    node = new CallExpression(stream.Current, node, ParseArguments());
                    break;
                default:
                    return node;
            }
        }
    }

    private Expression ParseFilterExpression(Expression node)
    {
        while (true)
        {
            if (stream.Current.Is("pipe"))
            {
                node = ParseFilters(node, false);
            }
            else if (stream.Current.IsName("is"))
            {
                node = ParseTest(node);
            }
            else if (stream.Current.Is("lparen"))
            {
                node = new CallExpression(stream.Current, node, ParseArguments());
            }
            else
            {
                return node;
            }
        }
    }

    private Expression ParseSubscript(Expression node)
    {
        var at = stream.Next();
        if (at.Is("dot"))
        {
            var attribute = stream.Next();
            return attribute.Type switch
            {
                "name" => new AttributeExpression(attribute, node, attribute.Text),
                "integer" => new ItemExpression(attribute, node, new ConstExpression(attribute, attribute.Value)),
                _ => throw Fail("expected name or number", attribute),
            };
        }

        var keys = new List<Expression>();
        while (!stream.Current.Is("rbracket"))
        {
            if (keys.Count > 0)
            {
                stream.Expect("comma");
            }

            keys.Add(ParseSubscribed());
        }

        stream.Expect("rbracket");
        return new ItemExpression(at, node, keys.Count == 1 ? keys[0] : new TupleExpression(at, keys));
    }

    private Expression ParseSubscribed()
    {
        var at = stream.Current;
        Expression? start = null;
        if (!stream.SkipIf("colon"))
        {
            start = ParseExpression();
            if (!stream.SkipIf("colon"))
            {
                return start;
            }
        }

        var stop = stream.Current.Type is "colon" or "rbracket" or "comma" ? null : ParseExpression();
        var step = stream.SkipIf("colon") && stream.Current.Type is not ("rbracket" or "comma") ? ParseExpression() : null;
        return new SliceExpression(at, start, stop, step);
    }

    private ArgumentList ParseArguments()
    {
        var at = stream.Expect("lparen");
        var positional = new List<Expression>();
        var named = new List<(string, Expression)>();
        Expression? rest = null, namedRest = null;
        var first = true;
        void Ensure(bool valid)
        {
            if (!valid)
            {
                throw Fail("invalid syntax for function call expression", at);
            }
        }

        while (!stream.Current.Is("rparen"))
        {
            if (!first)
            {
                stream.Expect("comma");
                if (stream.Current.Is("rparen"))
                {
                    break;
                }
            }

            first = false;
            if (stream.Current.Is("mul"))
            {
                Ensure(rest is null && namedRest is null);
                stream.Next();
                rest = ParseExpression();
            }
            else if (stream.Current.Is("pow"))
            {
                Ensure(namedRest is null);
                stream.Next();
                namedRest = ParseExpression();
            }
            else if (stream.Current.Is("name") && stream.Look().Is("assign"))
            {
                Ensure(namedRest is null);
                var key = stream.Next().Text;
                stream.Next();
                named.Add((key, ParseExpression()));
            }
            else
            {
                Ensure(rest is null && namedRest is null && named.Count == 0);
                positional.Add(ParseExpression());
            }
        }

        stream.Expect("rparen");
        return new(positional, named, rest, namedRest);
    }

    private Expression ParseFilters(Expression node, bool startInline)
    {
        while (startInline || stream.Current.Is("pipe"))
        {
            if (!startInline)
            {
                stream.Next();
            }

            startInline = false;
            var at = stream.Current;
            var name = ParseDottedName();
            node = new FilterExpression(at, node, name, stream.Current.Is("lparen") ? ParseArguments() : ArgumentList.Empty);
        }

        return node;
    }

    private string ParseDottedName()
    {
        var name = stream.Expect("name").Text;
        while (stream.SkipIf("dot"))
        {
            name += "." + stream.Expect("name").Text;
        }

        return name;
    }

    private Expression ParseTest(Expression node)
    {
        var at = stream.Next();
        var negated = stream.SkipIfName("not");
        var name = ParseDottedName();
        var arguments = ArgumentList.Empty;
        var token = stream.Current;
        if (token.Is("lparen"))
        {
            arguments = ParseArguments();
        }
        else if (token.Type is "name" or "string" or "integer" or "float" or "lbracket" or "lbrace" && !(token.Is("name") && token.Text is "else" or "or" or "and"))
        {
            if (token.IsName("is"))
            {
                throw Fail("You cannot chain multiple tests with is");
            }

            arguments = new([ParsePostfix(ParsePrimary(false))], [], null, null);
        }

        var test = new TestExpression(at, node, name, arguments);
        return negated ? new NotExpression(at, test) : test;
    }
}

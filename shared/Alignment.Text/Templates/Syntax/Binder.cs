using Alignment.Text.Templates.Values;

namespace Alignment.Text.Templates.Syntax;

/// <summary>
/// Gives every name its slot and finds what jinja2 refuses at compile time, in the order of its code generator.
/// </summary>
internal sealed class Binder
{
    private readonly Dictionary<string, BlockStatement> blocks;
    private TemplateException? afterwards;

    private Binder(Dictionary<string, BlockStatement> blocks) => this.blocks = blocks;

    /// <summary>A scope at compile time.</summary>
    private sealed record Frame(Symbols Symbols, bool TopLevel = false, bool Soft = false, bool InLoop = false)
    {
        public Frame Inner() => new(new Symbols(Symbols, Symbols.Function, Symbols.Level + 1), InLoop: InLoop);

        /// <summary>The scope of a function that closes over this one.</summary>
        public Frame Function() => new(new Symbols(Symbols, new(Symbols.Function), Symbols.Level + 1));
    }

    public static Template Bind(IReadOnlyList<Statement> body)
    {
        var blocks = new Dictionary<string, BlockStatement>(StringComparer.Ordinal);
        foreach (var block in body.SelectMany(s => s.Descendants()).OfType<BlockStatement>())
        {
            if (!blocks.TryAdd(block.Name, block))
            {
                throw Assertion($"block {PyRepr.Of(block.Name)} defined twice", block);
            }
        }

        var binder = new Binder(blocks);
        var root = new Frame(new Symbols(null, new(null), 0), TopLevel: true);
        int? self = null;
        if (Undeclared(body, ["self"]).Contains("self"))
        {
            root.Symbols.DeclareParameter("self");
            self = root.Symbols.Locate("self").Slot;
        }

        SymbolVisitor.Analyze(root.Symbols, body);
        binder.VisitAll(body, root);
        foreach (var block in blocks.Values)
        {
            binder.BindBlock(block);
        }

        return binder.afterwards is { } late ? throw late : new(body, blocks, root.Symbols.Entry(), root.Symbols.Function.Count, self);
    }

    private static TemplateException Assertion(string message, Node at) => new("syntax", "TemplateAssertionError", message, at.Line, at.Column);

    /// <summary>Which of the names are read before they are stored; jinja2's rule of thumb, not a flow analysis.</summary>
    private static HashSet<string> Undeclared(IEnumerable<Node?> nodes, IEnumerable<string> names)
    {
        var open = names.ToHashSet(StringComparer.Ordinal);
        var found = new HashSet<string>(StringComparer.Ordinal);
        void Visit(Node? node)
        {
            StackGuard.Check();
            if (node is null or BlockStatement)
            {
                return;
            }

            if (node is NameExpression name)
            {
                if (name.Use == NameUse.Load && open.Contains(name.Name))
                {
                    found.Add(name.Name);
                }
                else
                {
                    open.Remove(name.Name);
                }
            }

            foreach (var child in node.Children)
            {
                Visit(child);
            }
        }

        foreach (var node in nodes)
        {
            Visit(node);
        }

        return found;
    }

    private void VisitAll(IEnumerable<Statement> body, Frame frame)
    {
        foreach (var statement in body)
        {
            Visit(statement, frame);
        }
    }

    private void Visit(Statement statement, Frame frame)
    {
        StackGuard.Check();
        switch (statement)
        {
            case OutputStatement output:
                VisitAll(output.Nodes, frame);
                break;
            case IfStatement branch:
                VisitIf(branch, frame with { Soft = true });
                break;
            case ForStatement loop:
                VisitFor(loop, frame);
                break;
            case AssignStatement assign:
                Visit(assign.Node, frame);
                assign.Target = Bind(assign.TargetNode, frame);
                break;
            case AssignBlockStatement assign:
                var captureFrame = frame.Inner();
                SymbolVisitor.Analyze(captureFrame.Symbols, assign.Body);
                VisitAll(assign.Body, captureFrame);
                Visit(assign.Filter, captureFrame);
                assign.Target = Bind(assign.TargetNode, frame);
                assign.Scope = captureFrame.Symbols.Entry();
                break;
            case FilterBlockStatement filter:
                var filterFrame = frame.Inner();
                SymbolVisitor.Analyze(filterFrame.Symbols, filter.Children);
                VisitAll(filter.Body, filterFrame);
                Visit(filter.Filter, filterFrame);
                filter.Scope = filterFrame.Symbols.Entry();
                break;
            case WithStatement with:
                var withFrame = frame.Inner();
                SymbolVisitor.Analyze(withFrame.Symbols, [.. with.TargetNodes, .. with.Body]);
                VisitAll(with.Values, frame);
                with.Targets = [.. with.TargetNodes.Select(t => Bind(t, withFrame))];
                VisitAll(with.Body, withFrame);
                with.Scope = withFrame.Symbols.Entry();
                break;
            case AutoescapeStatement escape:
                var escapeFrame = frame.Inner();
                SymbolVisitor.Analyze(escapeFrame.Symbols, escape.Children);
                Visit(escape.Value, escapeFrame);
                VisitAll(escape.Body, escapeFrame);
                escape.Scope = escapeFrame.Symbols.Entry();
                break;
            case MacroStatement macro:
                BindCallable(macro.Body, frame, macro);
                macro.Target = new NameTarget(frame.Symbols.Locate(macro.Name), frame.TopLevel ? macro.Name : null);
                break;
            case CallBlockStatement call:
                BindCallable(call.Body, frame, call);
                Visit(call.Call, frame);
                break;
            case BlockStatement { Scoped: true } block:
                block.Visible = [.. frame.Symbols.VisibleNames().Select(n => (n, frame.Symbols.Locate(n)))];
                break;
            case LoaderStatement loader:
                if (loader.Tag == "extends" && !frame.TopLevel)
                {
                    throw Assertion("cannot use extend from a non top-level scope", loader);
                }

                Visit(loader.Template, frame);
                break;
            case BreakStatement or ContinueStatement when !frame.InLoop:
                afterwards ??= new("other", "SyntaxError", statement is BreakStatement ? "'break' outside loop" : "'continue' not properly in loop", statement.Line, statement.Column);
                break;
        }
    }

    private void VisitIf(IfStatement branch, Frame soft)
    {
        Visit(branch.Test, soft);
        VisitAll(branch.Body, soft);
        foreach (var other in branch.ElseIfs)
        {
            Visit(other.Test, soft);
            VisitAll(other.Body, soft);
        }

        VisitAll(branch.Else, soft);
    }

    private void VisitFor(ForStatement loop, Frame frame)
    {
        var loopFrame = (loop.Recursive ? frame.Function() : frame.Inner()) with { InLoop = true };
        var elseFrame = loop.Recursive ? new Frame(new Symbols(frame.Symbols, loopFrame.Symbols.Function, frame.Symbols.Level + 1)) : frame.Inner();
        var extended = loop.Recursive || Undeclared(loop.Body, ["loop"]).Contains("loop") || loop.Descendants().OfType<BlockStatement>().Any(b => b.Scoped);
        if (extended)
        {
            loopFrame.Symbols.DeclareParameter("loop");
            loop.LoopSlot = loopFrame.Symbols.Locate("loop").Slot;
        }

        SymbolVisitor.Analyze(loopFrame.Symbols, loop.Body, [loop.TargetNode]);
        SymbolVisitor.Analyze(elseFrame.Symbols, loop.Else);
        if (loop.Test is not null)
        {
            var testFrame = frame.Function();
            SymbolVisitor.Analyze(testFrame.Symbols, [loop.Test], [loop.TargetNode]);
            loop.TestTarget = Bind(loop.TargetNode, testFrame);
            Visit(loop.Test, testFrame);
            loop.TestScope = testFrame.Symbols.Entry();
            loop.TestSlots = testFrame.Symbols.Function.Count;
        }

        if (loop.Descendants().OfType<NameExpression>().FirstOrDefault(n => n is { Use: NameUse.Store, Name: "loop" }) is { } stored)
        {
            throw Assertion("Can't assign to special loop variable in for-loop target", stored);
        }

        loop.Target = Bind(loop.TargetNode, loopFrame);
        if (!loop.Recursive)
        {
            Visit(loop.Sequence, frame);
        }

        VisitAll(loop.Body, loopFrame);
        loop.Scope = loopFrame.Symbols.Entry();
        VisitAll(loop.Else, elseFrame);
        loop.ElseScope = elseFrame.Symbols.Entry();
        loop.RecursiveSlots = loopFrame.Symbols.Function.Count;
        if (loop.Recursive)
        {
            Visit(loop.Sequence, frame);
        }
    }

    private void BindCallable(MacroBody body, Frame outer, Node at)
    {
        var frame = outer.Function();
        SymbolVisitor.Analyze(frame.Symbols, body.Children);
        var names = body.Parameters.Select(p => p.Name).ToList();
        if (names.Distinct().Count() != names.Count)
        {
            afterwards ??= new("other", "SyntaxError", "duplicate argument in macro definition", at.Line, at.Column);
        }

        var undeclared = Undeclared(body.Body, ["caller", "kwargs", "varargs"]);
        int Declare(string name)
        {
            frame.Symbols.DeclareParameter(name);
            return frame.Symbols.Locate(name).Slot;
        }

        if (undeclared.Contains("caller"))
        {
            var explicitAt = names.IndexOf("caller");
            if (explicitAt >= 0 && explicitAt < names.Count - body.Defaults.Count)
            {
                throw Assertion("When defining macros or call blocks the special \"caller\" argument must be omitted or be given a default.", at);
            }

            body.CallerSlot = explicitAt < 0 ? Declare("caller") : null;
        }

        body.KeywordsSlot = undeclared.Contains("kwargs") && !names.Contains("kwargs") ? Declare("kwargs") : null;
        body.VarargsSlot = undeclared.Contains("varargs") && !names.Contains("varargs") ? Declare("varargs") : null;
        SymbolVisitor.Analyze(frame.Symbols, body.Children);
        body.ParameterSlots = [.. names.Select(n => frame.Symbols.Locate(n).Slot)];
        VisitAll(body.Defaults, frame);
        VisitAll(body.Body, frame);
        body.Scope = frame.Symbols.Entry();
        body.Slots = frame.Symbols.Function.Count;
    }

    private void BindBlock(BlockStatement block)
    {
        var frame = new Frame(new Symbols(null, new(null), 0));
        var undeclared = Undeclared(block.Body, ["self", "super"]);
        int? Declare(string name)
        {
            if (!undeclared.Contains(name))
            {
                return null;
            }

            frame.Symbols.DeclareParameter(name);
            return frame.Symbols.Locate(name).Slot;
        }

        block.SelfSlot = Declare("self");
        block.SuperSlot = Declare("super");
        SymbolVisitor.Analyze(frame.Symbols, block.Body);
        VisitAll(block.Body, frame);
        block.Scope = frame.Symbols.Entry();
        block.Slots = frame.Symbols.Function.Count;
    }

    private static Target Bind(Expression target, Frame frame) => target switch
    {
        NameExpression name => new NameTarget(frame.Symbols.Locate(name.Name), frame.TopLevel ? name.Name : null),
        NamespaceExpression ns => new NamespaceTarget(frame.Symbols.Locate(ns.Name), ns.Attribute),
        TupleExpression tuple => new TupleTarget([.. tuple.Items.Select(i => Bind(i, frame))]),
        _ => throw new InvalidOperationException($"{target.GetType().Name} is not assignable"),
    };

    private void VisitAll(IEnumerable<Expression> nodes, Frame frame)
    {
        foreach (var node in nodes)
        {
            Visit(node, frame);
        }
    }

    private void Visit(Expression? node, Frame frame)
    {
        StackGuard.Check();
        switch (node)
        {
            case null:
                return;
            case NameExpression name:
                name.Location = frame.Symbols.Locate(name.Name);
                return;
            case CondExpression:
                frame = frame with { Soft = true };
                break;
            case FilterExpression { Exists: false } filter when !frame.Soft:
                throw Assertion($"No filter named {PyRepr.Of(filter.Name)}.", filter);
            case TestExpression { Exists: false } test when !frame.Soft:
                throw Assertion($"No test named {PyRepr.Of(test.Name)}.", test);
            case CallExpression call when call.Arguments.Named.Select(n => n.Name).Distinct().Count() != call.Arguments.Named.Count:
                afterwards ??= new("other", "SyntaxError", "keyword argument repeated", call.Line, call.Column);
                break;
        }

        foreach (var child in node.Children)
        {
            Visit((Expression?)child, frame);
        }
    }
}

using Alignment.Text.Templates.Values;

namespace Alignment.Text.Templates.Syntax;

/// <summary>Walks a scope's own statements in evaluation order and notes its names; stops at inner scopes.</summary>
internal sealed class SymbolVisitor(Symbols symbols)
{
    private Symbols symbols = symbols;

    public static void Analyze(Symbols symbols, IEnumerable<Node?> nodes, IEnumerable<Node?>? parameters = null)
    {
        var visitor = new SymbolVisitor(symbols);
        foreach (var node in parameters ?? [])
        {
            visitor.Visit(node, true);
        }

        foreach (var node in nodes)
        {
            visitor.Visit(node);
        }
    }

    private void VisitAll(IEnumerable<Node?> nodes)
    {
        foreach (var node in nodes)
        {
            Visit(node);
        }
    }

    private void Visit(Node? node, bool asParameter = false)
    {
        StackGuard.Check();
        switch (node)
        {
            case null or BlockStatement or AutoescapeStatement:
                break;
            case NameExpression name when asParameter || name.Use == NameUse.Parameter:
                symbols.DeclareParameter(name.Name);
                break;
            case NameExpression { Use: NameUse.Store } name:
                symbols.StoreName(name.Name);
                break;
            case NameExpression name:
                symbols.LoadName(name.Name);
                break;
            case NamespaceExpression ns:
                symbols.LoadName(ns.Name);
                break;
            case IfStatement branch:
                VisitIf(branch);
                break;
            case MacroStatement macro:
                symbols.StoreName(macro.Name);
                break;
            case LoaderStatement loader:
                Visit(loader.Template);
                foreach (var name in loader.Stores)
                {
                    symbols.StoreName(name);
                }

                break;
            case AssignStatement assign:
                Visit(assign.Node);
                Visit(assign.TargetNode);
                break;
            case AssignBlockStatement assign:
                Visit(assign.TargetNode);
                break;
            case ForStatement loop:
                Visit(loop.Sequence);
                break;
            case CallBlockStatement call:
                Visit(call.Call);
                break;
            case FilterBlockStatement filter:
                Visit(filter.Filter);
                break;
            case WithStatement with:
                VisitAll(with.Values);
                break;
            default:
                foreach (var child in node.Children)
                {
                    Visit(child, asParameter);
                }

                break;
        }
    }

    private void VisitIf(IfStatement node)
    {
        Visit(node.Test);
        var original = symbols;
        Symbols Branch(IEnumerable<Node?> nodes)
        {
            symbols = original.Copy();
            VisitAll(nodes);
            var branch = symbols;
            symbols = original;
            return branch;
        }

        original.Merge([Branch(node.Body), Branch(node.ElseIfs), Branch(node.Else)]);
    }
}

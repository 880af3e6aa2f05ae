using Alignment.Text.Templates.Runtime;

namespace Alignment.Text.Templates.Syntax;

/// <summary>A parsed and bound template, ready to run any number of times at once.</summary>
internal sealed class Template(
    IReadOnlyList<Statement> body, IReadOnlyDictionary<string, BlockStatement> blocks, ScopeEntry scope, int slots, int? selfSlot)
{
    public IReadOnlyDictionary<string, BlockStatement> Blocks => blocks;

    public bool HasGenerationBlocks => body.SelectMany(s => s.Descendants()).Any(n => n is CallBlockStatement { Call: null });

    public void Run(RenderState state)
    {
        var a = new Activation(state, null, slots);
        if (selfSlot is { } self)
        {
            a.Slots[self] = new TemplateReference(state);
        }

        scope.Enter(a);
        Statement.ExecuteAll(body, a, state.Output);
    }
}

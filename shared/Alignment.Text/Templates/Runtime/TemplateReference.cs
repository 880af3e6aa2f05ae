using Alignment.Text.Templates.Syntax;
using Alignment.Text.Templates.Values;

namespace Alignment.Text.Templates.Runtime;

/// <summary>The <c>self</c> variable: <c>self.block()</c> renders a block again.</summary>
internal sealed class TemplateReference(RenderState state) : PyObject
{
    public override string TypeName => "TemplateReference";

    public override string Repr => "<TemplateReference None>";

    public override object? Attribute(string name) => Missing.Value;

    public bool TryBlock(string name, out object? block)
    {
        var found = state.Template.Blocks.TryGetValue(name, out var statement);
        block = found ? new BlockReference(name, statement!) : null;
        return found;
    }
}

internal sealed class BlockReference(string name, BlockStatement block) : PyCallable
{
    public override string TypeName => "BlockReference";

    public override string Repr => "<jinja2.runtime.BlockReference object>";

    public override object? Attribute(string attribute) => attribute switch
    {
        "name" => name,
        "super" => Undefined.Hinted($"there is no parent block called {PyRepr.Of(name)}."),
        _ => Missing.Value,
    };

    public override object? Call(CallArguments arguments, RenderState state)
    {
        arguments.Bind(name);
        var buffer = new TextBuffer(state);
        block.Render(state, null, buffer);
        return state.AutoEscape ? new Markup(buffer.ToString()) : buffer.ToString();
    }
}

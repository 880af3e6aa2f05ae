using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;

namespace Alignment.Ui.Rendering;

/// <summary>Writes a closed node tree element by element; text goes in as text.</summary>
public sealed class SafeContent : ComponentBase
{
    /// <summary>Text as the model wrote it.</summary>
    [Parameter]
    [EditorRequired]
    public string Text { get; set; } = "";

    protected override void BuildRenderTree(RenderTreeBuilder builder)
    {
        foreach (var node in SafeMarkdown.Parse(Text))
        {
            Write(builder, node);
        }
    }

    // Constant sequence numbers: the page is rendered once, nothing is ever compared.
    private static void Write(RenderTreeBuilder builder, SafeNode node)
    {
        if (node.Tag is null)
        {
            builder.AddContent(0, node.Text);
            return;
        }

        builder.OpenElement(0, node.Tag);
        if (node.Href is not null)
        {
            builder.AddAttribute(1, "href", node.Href);
            builder.AddAttribute(2, "target", "_blank");
            builder.AddAttribute(3, "rel", "noopener noreferrer nofollow ugc");
        }

        foreach (var child in node.Children)
        {
            Write(builder, child);
        }

        builder.CloseElement();
    }
}

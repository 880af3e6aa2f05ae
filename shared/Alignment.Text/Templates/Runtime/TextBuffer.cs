using System.Text;
using Alignment.Text.Templates.Values;

namespace Alignment.Text.Templates.Runtime;

/// <summary>Text as it is printed; knows its length in code points.</summary>
internal sealed class TextBuffer(RenderState state)
{
    private readonly StringBuilder text = new();

    /// <summary>Code points written.</summary>
    public int Length { get; private set; }

    public void Write(string s)
    {
        state.Allocate(s.Length);
        if (text.Length + (long)s.Length > int.MaxValue / 4)
        {
            throw TemplateException.Limit("the output is too long");
        }

        text.Append(s);
        Length += PyText.Length(s);
    }

    public override string ToString() => text.ToString();
}

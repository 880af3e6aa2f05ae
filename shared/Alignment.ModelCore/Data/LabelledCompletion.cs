using System.Text.Json.Nodes;

namespace Alignment.ModelCore.Data;

/// <summary>An answer with a verdict of its own, not compared with another: text or messages.</summary>
/// <param name="Label">True: desirable.</param>
/// <param name="Plain">The file had bare text.</param>
public sealed record LabelledRow(JsonArray Prompt, JsonArray Completion, bool Label, bool Plain = false) : DataRow;

/// <summary>The same as ids; the eos that ends the answer is part of it.</summary>
public sealed record LabelledCompletion(int[] Prompt, int[] Completion, bool Label)
{
    public int Length => Prompt.Length + Completion.Length;
}

namespace Alignment.ModelCore.Generation.LogitsProcessors;

/// <summary>The ids of one row: padding that was asked for, prompt, tokens generated so far.</summary>
public sealed class RowHistory(IEnumerable<int> prompt, int padding = 0)
{
    private readonly List<int> ids = [.. prompt];

    public IReadOnlyList<int> Ids => ids;

    public int Length => ids.Count;

    /// <summary>Leading ids that are padding; the repetition penalty leaves them out, lengths count them.</summary>
    public int Padding { get; } = padding;

    /// <summary>Padding and prompt together.</summary>
    public int PromptLength { get; } = prompt is ICollection<int> c ? c.Count : prompt.Count();

    public void Add(int id) => ids.Add(id);

    public RowHistory Clone()
    {
        var copy = new RowHistory(ids.Take(PromptLength).ToList(), Padding);
        copy.ids.AddRange(ids.Skip(PromptLength));
        return copy;
    }

    public ReadOnlySpan<int> AsSpan() => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(ids);
}

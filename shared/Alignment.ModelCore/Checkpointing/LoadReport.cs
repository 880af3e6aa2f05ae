namespace Alignment.ModelCore.Checkpointing;

/// <summary>What a load found: names are those of the checkpoint.</summary>
public sealed record LoadReport(
    IReadOnlyList<string> Missing,
    IReadOnlyList<string> Unexpected,
    IReadOnlyList<string> Mismatched,
    IReadOnlyList<string> Ignored,
    IReadOnlyList<string> Initialised)
{
    public bool IsExact => Missing.Count + Unexpected.Count + Mismatched.Count == 0;

    /// <summary>One line per kind that occurs.</summary>
    public string Describe()
    {
        static string Line(string kind, IReadOnlyList<string> names) => names.Count == 0 ? "" : $"{kind}: {string.Join(", ", names.Take(8))}{(names.Count > 8 ? $" and {names.Count - 8} more" : "")}\n";
        return (Line("missing", Missing) + Line("unexpected", Unexpected) + Line("mismatched", Mismatched)
            + Line("ignored", Ignored) + Line("initialised", Initialised)).TrimEnd('\n');
    }
}

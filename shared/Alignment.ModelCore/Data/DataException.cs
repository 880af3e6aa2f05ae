namespace Alignment.ModelCore.Data;

/// <summary>One fault of a data file: where it is and what to do.</summary>
public sealed record DataProblem(string File, int Line, string? Field, string What, string Remedy)
{
    public override string ToString() => $"{File}{(Line > 0 ? $":{Line}" : "")}{(Field is null ? "" : $": field '{Field}'")}: {What} {Remedy}".TrimEnd();
}

/// <summary>Data cannot be used; the message shows the first faults and counts the rest.</summary>
public sealed class DataException(IReadOnlyList<DataProblem> problems) : Exception(Say(problems))
{
    private const int Shown = 20;

    public IReadOnlyList<DataProblem> Problems { get; } = problems;

    /// <summary>The same with the files' names where a recipe, which sees rows and no files, can only say <c>data</c>.</summary>
    public DataException In(IReadOnlyList<string> files) => files.Count == 0 ? this
        : new([.. Problems.Select(p => p.File == "data" ? p with { File = string.Join(", ", files), Line = files.Count == 1 ? p.Line : 0 } : p)]);

    private static string Say(IReadOnlyList<DataProblem> problems) => string.Join(Environment.NewLine,
        problems.Take(Shown).Select(p => p.ToString()).Concat(problems.Count > Shown ? [$"… and {problems.Count - Shown} more."] : []));
}

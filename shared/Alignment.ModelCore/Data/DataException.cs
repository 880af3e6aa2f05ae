namespace Alignment.ModelCore.Data;

/// <summary>One fault of a data file: where it is and what to do.</summary>
public sealed record DataProblem(string File, int Line, string? Field, string What, string Remedy)
{
    public override string ToString() => $"{File}{(Line > 0 ? $":{Line}" : "")}{(Field is null ? "" : $": field '{Field}'")}: {What} {Remedy}";
}

/// <summary>Data cannot be used; the message shows the first faults and counts the rest.</summary>
public sealed class DataException(IReadOnlyList<DataProblem> problems) : Exception(Say(problems))
{
    private const int Shown = 20;

    public IReadOnlyList<DataProblem> Problems { get; } = problems;

    private static string Say(IReadOnlyList<DataProblem> problems) => string.Join(Environment.NewLine,
        problems.Take(Shown).Select(p => p.ToString()).Concat(problems.Count > Shown ? [$"… and {problems.Count - Shown} more."] : []));
}

namespace Alignment.Datasets.Import;

/// <summary>One fault of an imported file.</summary>
/// <param name="Line">1-based; 0 when the file as a whole is at fault.</param>
/// <param name="Code">Stable, kebab-case.</param>
internal sealed record ImportProblem(string File, int Line, string? Field, string Code, string What, string Remedy)
{
    public override string ToString() => $"{File}:{Line}{(Field is null ? "" : $": {Field}")}: {What} {Remedy}";
}

/// <summary>All faults are counted; the first <see cref="Kept"/> are listed.</summary>
internal sealed class ImportProblems(string file)
{
    public const int Kept = 100;

    private readonly List<ImportProblem> list = [];

    public IReadOnlyList<ImportProblem> List => list;

    public int Count { get; private set; }

    public void Add(int line, string? field, string code, string what, string remedy)
    {
        Count++;
        if (list.Count < Kept)
        {
            list.Add(new ImportProblem(file, line, field, code, what, remedy));
        }
    }
}

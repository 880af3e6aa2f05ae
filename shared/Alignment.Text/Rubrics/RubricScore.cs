namespace Alignment.Text.Rubrics;

/// <summary>An answer's marks.</summary>
/// <param name="Total">Weighted mean of the marks, 0 … 1.</param>
/// <param name="Marks">One mark per criterion, 0 … 1, in the rubric's order.</param>
public sealed record RubricScore(double Total, IReadOnlyDictionary<string, double> Marks);

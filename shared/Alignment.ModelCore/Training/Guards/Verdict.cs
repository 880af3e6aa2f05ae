namespace Alignment.ModelCore.Training.Guards;

/// <summary>What a guard makes of the numbers it has seen.</summary>
/// <param name="Fired">Whether the run left the healthy range.</param>
/// <param name="Message">What was measured and what is allowed, for people; empty while calm.</param>
/// <param name="Values">The numbers behind the message, by name.</param>
/// <param name="Good">Whether this step may be one to come back to. A guard may doubt a step before it fires.</param>
public sealed record Verdict(bool Fired, string Message, IReadOnlyDictionary<string, double> Values, bool Good)
{
    private static readonly Dictionary<string, double> None = [];

    public static Verdict Calm { get; } = new(false, "", None, true);

    /// <summary>Nothing fired, but do not come back to this step.</summary>
    public static Verdict Doubtful { get; } = new(false, "", None, false);

    public static Verdict Fire(string message, params IEnumerable<(string Name, double Value)> values) =>
        new(true, message, values.ToDictionary(v => v.Name, v => v.Value, StringComparer.Ordinal), false);
}

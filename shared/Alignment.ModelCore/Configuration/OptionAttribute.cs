namespace Alignment.ModelCore.Configuration;

/// <summary>
/// Marks a property as a key of a job file and says what a reader needs to set it: meaning, range, unit, where the default comes from.
/// The key is the property's name in snake_case; the default is the property's initializer.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OptionAttribute(string help) : Attribute
{
    /// <summary>One line: what the key does.</summary>
    public string Help { get; } = help;

    /// <summary>Smallest value allowed; NaN means no bound.</summary>
    public double Min { get; init; } = double.NaN;

    /// <summary>Largest value allowed; NaN means no bound.</summary>
    public double Max { get; init; } = double.NaN;

    /// <summary>True refuses <see cref="Min"/> itself.</summary>
    public bool AboveMin { get; init; }

    /// <summary>What the number counts: steps, tokens, rows, nats …</summary>
    public string Unit { get; init; } = "";

    /// <summary>The public trainer or paper whose default this is.</summary>
    public string Source { get; init; } = "";

    /// <summary>True: a run cannot start without it.</summary>
    public bool Required { get; init; }

    /// <summary>The words allowed, separated by <c>|</c>.</summary>
    public string Choices { get; init; } = "";
}

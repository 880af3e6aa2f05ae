namespace Alignment.ModelCore.Configuration;

/// <summary>Options with rules between keys.</summary>
public interface IOptionSet
{
    /// <summary>One line for each contradiction; <paramref name="given"/> holds the keys that the user set.</summary>
    IEnumerable<string> Contradictions(IReadOnlySet<string> given);
}

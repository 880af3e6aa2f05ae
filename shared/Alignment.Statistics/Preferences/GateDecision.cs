namespace Alignment.Statistics.Preferences;

/// <summary>What a gate decided.</summary>
public enum GateVerdict
{
    /// <summary>The child is better beyond chance.</summary>
    Pass,

    /// <summary>The child is worse beyond chance, or a limit was broken.</summary>
    Fail,

    /// <summary>The data cannot tell; not a pass.</summary>
    Inconclusive,
}

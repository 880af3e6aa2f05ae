namespace Alignment.ModelCore.Generation;

/// <summary>When beam search ends a prompt.</summary>
public enum EarlyStopping
{
    /// <summary>When the best running sum, divided by its present length, cannot beat the worst finished one.</summary>
    Heuristic,

    /// <summary>As soon as as many sequences are finished as there are beams.</summary>
    WhenFull,

    /// <summary>Only when no continuation can beat the worst finished one.</summary>
    Never,
}

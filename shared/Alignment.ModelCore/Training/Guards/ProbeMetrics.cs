namespace Alignment.ModelCore.Training.Guards;

/// <summary>Names of what a probe measures on the held-out set.</summary>
public static class ProbeMetrics
{
    /// <summary>Mean of the reward that is optimised.</summary>
    public const string Proxy = "probe/proxy";

    /// <summary>Mean of what the reward stands for.</summary>
    public const string Gold = "probe/gold";

    /// <summary>Mean log π − log π_ref of the policy's own answers, nats per answer.</summary>
    public const string KlPerSequence = "probe/kl_per_sequence";

    /// <summary>The same over answer tokens.</summary>
    public const string KlPerToken = "probe/kl_per_token";

    /// <summary>Mean tokens of an answer.</summary>
    public const string Length = "probe/length";
}

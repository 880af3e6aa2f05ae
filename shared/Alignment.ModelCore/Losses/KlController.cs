namespace Alignment.ModelCore.Losses;

/// <summary>
/// The KL coefficient and how it follows the measured KL (Ziegler et al. 2019, §2.2): e = clip(KL/target − 1, ±.2); β ← β·(1 + e·n/horizon).
/// Without a target it stays fixed. A checkpoint carries <see cref="Coefficient"/>.
/// </summary>
/// <param name="Target">Nats per sequence; the classic value is 6. Null: fixed.</param>
/// <param name="Horizon">Samples over which a lasting full error changes β by 20 %; 10 000 in every library.</param>
public sealed record KlController(double Coefficient, double? Target = null, double Horizon = 10_000)
{
    /// <summary>The controller after a step of <paramref name="samples"/> samples with mean KL <paramref name="kl"/>.</summary>
    public KlController After(double kl, double samples) => Target is { } target
        ? this with { Coefficient = Coefficient * (1 + (Math.Clamp((kl / target) - 1, -.2, .2) * samples / Horizon)) }
        : this;
}

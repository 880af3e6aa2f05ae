namespace Alignment.ModelCore.Losses;

/// <summary>
/// The adaptive entropy bonus (Skywork-OR1, He et al. 2025, §4): the coefficient moves by Δ up while the entropy is at or below its target,
/// else down, and acts only while the last measured entropy is at or below it. A checkpoint carries both numbers.
/// </summary>
/// <param name="LastEntropy">Measured at the previous optimiser step; null before the first.</param>
public sealed record EntropyController(double Coefficient, double Target = .2, double Delta = .005, double Min = 0, double Max = 1, double? LastEntropy = null)
{
    /// <summary>What to multiply the entropy bonus by in this step.</summary>
    public double Active => LastEntropy is { } e && e <= Target ? Coefficient : 0;

    public EntropyController After(double entropy) => this with
    {
        Coefficient = Math.Clamp(Coefficient + (entropy <= Target ? Delta : -Delta), Min, Max),
        LastEntropy = entropy,
    };
}

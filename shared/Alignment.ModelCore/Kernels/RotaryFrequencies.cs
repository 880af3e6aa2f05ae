using Alignment.ModelCore.Architectures;

namespace Alignment.ModelCore.Kernels;

/// <summary>Inverse frequencies of rotary embeddings, in double precision. Equations as in transformers' <c>modeling_rope_utils</c>.</summary>
public static class RotaryFrequencies
{
    /// <summary>Radians per position for each of the S/2 pairs, and the factor that multiplies cos and sin.</summary>
    public static (double[] Inverse, double AttentionFactor) Compute(RopeConfig rope, int headSize)
    {
        var inverse = new double[headSize / 2];
        for (var i = 0; i < inverse.Length; i++)
        {
            inverse[i] = 1 / Math.Pow(rope.Theta, 2.0 * i / headSize);
        }

        switch (rope.Type)
        {
            case "linear":
                return (Array.ConvertAll(inverse, f => f / rope.Factor), 1);
            case "llama3":
                return (Array.ConvertAll(inverse, f => Llama3(rope, f)), 1);
            case "yarn":
                return (Yarn(rope, headSize, inverse), YarnAttentionFactor(rope));
            default:
                return (inverse, 1);
        }
    }

    /// <summary>Long wavelengths are stretched, short ones stay, those between are blended (Llama 3.1 model card).</summary>
    private static double Llama3(RopeConfig rope, double frequency)
    {
        var wavelength = 2 * Math.PI / frequency;
        if (wavelength > rope.OriginalMaxPositions / rope.LowFrequencyFactor)
        {
            return frequency / rope.Factor;
        }

        if (wavelength < rope.OriginalMaxPositions / rope.HighFrequencyFactor)
        {
            return frequency;
        }

        var smooth = ((rope.OriginalMaxPositions / wavelength) - rope.LowFrequencyFactor) / (rope.HighFrequencyFactor - rope.LowFrequencyFactor);
        return ((1 - smooth) * frequency / rope.Factor) + (smooth * frequency);
    }

    /// <summary>YaRN (arXiv 2309.00071), NTK-by-parts: a ramp over the pairs between the two rotation counts.</summary>
    private static double[] Yarn(RopeConfig rope, int headSize, double[] inverse)
    {
        double Dimension(double rotations) => headSize * Math.Log(rope.OriginalMaxPositions / (rotations * 2 * Math.PI)) / (2 * Math.Log(rope.Theta));
        double low = Dimension(rope.BetaFast), high = Dimension(rope.BetaSlow);
        if (rope.Truncate)
        {
            (low, high) = (Math.Floor(low), Math.Ceiling(high));
        }

        (low, high) = (Math.Max(low, 0), Math.Min(high, headSize - 1));
        if (low == high)
        {
            high += 0.001;
        }

        var result = new double[inverse.Length];
        for (var i = 0; i < result.Length; i++)
        {
            var stretched = Math.Clamp((i - low) / (high - low), 0, 1);
            result[i] = (inverse[i] / rope.Factor * stretched) + (inverse[i] * (1 - stretched));
        }

        return result;
    }

    private static double YarnAttentionFactor(RopeConfig rope)
    {
        double Scale(double m) => rope.Factor <= 1 ? 1 : (0.1 * m * Math.Log(rope.Factor)) + 1;
        return rope.AttentionFactor
            ?? (rope.MScale is > 0 and var m && rope.MScaleAllDimensions is > 0 and var all ? Scale(m) / Scale(all) : Scale(1));
    }
}

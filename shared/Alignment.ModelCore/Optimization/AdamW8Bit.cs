using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Optimization;

/// <summary>
/// AdamW with 8-bit moments (Dettmers et al. 2022): codes of the dynamic map with one float32 absolute maximum per block, a quarter of the
/// state's memory. The arithmetic is float32 after decoding. Parameters below <paramref name="minimumSize"/> elements keep float32 moments.
/// CPU, float32, contiguous parameters.
/// </summary>
public sealed class AdamW8Bit(IReadOnlyList<ParameterGroup> groups, AdamOptions? options = null, int block = 256, int minimumSize = 4096) : StatefulOptimizer(groups)
{
    private readonly AdamOptions o = options ?? new();

    /// <summary>Bytes that the moments take.</summary>
    public long StateBytes => ExportState().Where(s => !s.Key.StartsWith("step.", StringComparison.Ordinal)).Sum(s => s.Value.numel() * s.Value.element_size());

    protected override void Update(Tensor parameter, Tensor gradient, ParameterState state, double learningRate, double weightDecay)
    {
        if (parameter.dtype != ScalarType.Float32 || parameter.device_type != DeviceType.CPU || !parameter.is_contiguous())
        {
            throw new ArgumentException("8-bit Adam updates contiguous float32 parameters on the CPU.");
        }

        var c = AdamCoefficients.For(o, state.Step, learningRate, weightDecay);
        var g = gradient.contiguous();
        if (parameter.numel() < minimumSize)
        {
            Tensor Zeros() => zeros(parameter.shape, ScalarType.Float32);
            AdamKernel<float>.Run(parameter, g, state.Get("exp_avg", Zeros), state.Get("exp_avg_sq", Zeros), null, c);
            return;
        }

        var blocks = (parameter.numel() + block - 1) / block;
        Tensor Codes(DynamicCode code) => full([parameter.numel()], code.Encode(0), ScalarType.Byte);
        var m = state.Get("exp_avg_codes", () => Codes(DynamicCode.Signed));
        var v = state.Get("exp_avg_sq_codes", () => Codes(DynamicCode.Unsigned));
        var mScale = state.Get("exp_avg_absmax", () => zeros([blocks], ScalarType.Float32));
        var vScale = state.Get("exp_avg_sq_absmax", () => zeros([blocks], ScalarType.Float32));
        Run(Floats(parameter), Floats(g), m.bytes, v.bytes, Floats(mScale), Floats(vScale), c);
    }

    private static Span<float> Floats(Tensor t) => MemoryMarshal.Cast<byte, float>(t.bytes);

    private void Run(Span<float> p, Span<float> g, Span<byte> mCodes, Span<byte> vCodes, Span<float> mScale, Span<float> vScale, AdamCoefficients c)
    {
        Span<float> m = stackalloc float[block], v = stackalloc float[block];
        for (var b = 0; b < mScale.Length; b++)
        {
            var start = b * block;
            var count = Math.Min(block, p.Length - start);
            float mMax = 0, vMax = 0;
            for (var i = 0; i < count; i++)
            {
                var k = start + i;
                var w = p[k] * (float)c.Shrink;
                var d = c.L2 == 0 ? g[k] : g[k] + (w * (float)c.L2);
                var a = DynamicCode.Signed.Values[mCodes[k]] * mScale[b];
                m[i] = a + ((d - a) * (float)c.TakeGradient);
                v[i] = (DynamicCode.Unsigned.Values[vCodes[k]] * vScale[b] * (float)c.Beta2) + (d * d * (float)c.TakeSquare);
                p[k] = w - (m[i] / ((MathF.Sqrt(v[i]) / (float)c.RootCorrection) + (float)c.Epsilon) * (float)c.StepSize);
                mMax = Math.Max(mMax, Math.Abs(m[i]));
                vMax = Math.Max(vMax, v[i]);
            }

            (mScale[b], vScale[b]) = (mMax, vMax);
            for (var i = 0; i < count; i++)
            {
                mCodes[start + i] = DynamicCode.Signed.Encode(mMax == 0 ? 0 : m[i] / mMax);
                vCodes[start + i] = DynamicCode.Unsigned.Encode(vMax == 0 ? 0 : v[i] / vMax);
            }
        }
    }
}

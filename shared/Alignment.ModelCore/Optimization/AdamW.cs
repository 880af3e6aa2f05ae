using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Optimization;

/// <summary>How Adam treats weight decay and epsilon.</summary>
public enum AdamForm
{
    /// <summary>Decay shrinks the weights directly (Loshchilov &amp; Hutter 2019, alg. 2); torch <c>AdamW</c>. The default everywhere.</summary>
    Decoupled,

    /// <summary>Decay is added to the gradient; torch <c>Adam</c>.</summary>
    L2,

    /// <summary>TensorFlow's Adam, as OpenAI's 2019 RLHF code used it: ε is added to the <b>uncorrected</b> √v.</summary>
    TensorFlow,
}

/// <summary>Defaults are torch's.</summary>
public sealed record AdamOptions(double Beta1 = .9, double Beta2 = .999, double Epsilon = 1e-8, bool Amsgrad = false, AdamForm Form = AdamForm.Decoupled);

/// <summary>
/// Adam with decoupled decay: p ← p·(1 − lr·λ); m ← m + (1−β₁)(g − m); v ← β₂v + (1−β₂)g²;
/// p ← p − lr/(1−β₁ᵗ) · m / (√v/√(1−β₂ᵗ) + ε). Contiguous float32 and float64 parameters on the CPU are updated by one vectorised pass over
/// raw memory, others by tensor operations; half-precision parameters keep their moments in float32.
/// </summary>
public sealed class AdamW(IReadOnlyList<ParameterGroup> groups, AdamOptions? options = null) : StatefulOptimizer(groups)
{
    private static readonly Scalar One = 1;
    private readonly AdamOptions o = options ?? new();

    protected override void Update(Tensor parameter, Tensor gradient, ParameterState state, double learningRate, double weightDecay)
    {
        var type = StateType(parameter);
        Tensor Zeros() => zeros(parameter.shape, type, parameter.device);
        var m = state.Get("exp_avg", Zeros);
        var v = state.Get("exp_avg_sq", Zeros);
        var max = o.Amsgrad ? state.Get("max_exp_avg_sq", Zeros) : null;
        var c = AdamCoefficients.For(o, state.Step, learningRate, weightDecay);
        if (parameter.device_type == DeviceType.CPU && parameter.dtype == type && gradient.dtype == type && parameter.is_contiguous() && gradient.is_contiguous())
        {
            if (type == ScalarType.Float32)
            {
                AdamKernel<float>.Run(parameter, gradient, m, v, max, c);
            }
            else
            {
                AdamKernel<double>.Run(parameter, gradient, m, v, max, c);
            }

            return;
        }

        using Scalar decay = c.Shrink, l2 = c.L2, keep2 = c.Beta2, take1 = c.TakeGradient, take2 = c.TakeSquare, correction = c.RootCorrection, eps = c.Epsilon, step = -c.StepSize;
        var p = parameter.to_type(type);
        var g = gradient.to_type(type);
        p = p.mul(decay);
        g = c.L2 == 0 ? g : g.add(p, l2);
        m.add_(g.sub(m), take1);
        v.mul_(keep2).add_(g.mul(g), take2);
        var second = max is null ? v : max.copy_(max.maximum(v));
        parameter.copy_(p.add(m.div(second.sqrt().div(correction).add_(eps)), step));
    }
}

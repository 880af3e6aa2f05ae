using Alignment.ModelCore.Losses;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Optimization;

/// <summary>torch's <c>RMSprop</c>; weight decay is added to the gradient. The DPO paper trained with it.</summary>
public sealed record RmsPropOptions(double Alpha = .99, double Epsilon = 1e-8, double Momentum = 0, bool Centered = false);

/// <summary>v ← αv + (1−α)g²; step g / (√v + ε), or √(v − ḡ²) when centred; optionally with momentum on the step.</summary>
public sealed class RmsProp(IReadOnlyList<ParameterGroup> groups, RmsPropOptions? options = null) : StatefulOptimizer(groups)
{
    private readonly RmsPropOptions o = options ?? new();

    protected override void Update(Tensor parameter, Tensor gradient, ParameterState state, double learningRate, double weightDecay)
    {
        var type = StateType(parameter);
        Tensor Zeros() => zeros(parameter.shape, type, parameter.device);
        var p = parameter.to_type(type);
        var g = gradient.to_type(type);
        g = weightDecay == 0 ? g : g.Plus(p.Times(weightDecay));
        var v = state.Get("square_avg", Zeros);
        v.copy_(v.Times(o.Alpha).Plus(g.Squared().Times(1 - o.Alpha)));
        var variance = v;
        if (o.Centered)
        {
            var mean = state.Get("grad_avg", Zeros);
            mean.copy_(mean.Plus(g.Minus(mean).Times(1 - o.Alpha)));
            variance = v.Minus(mean.Squared());
        }

        var step = g.Over(variance.sqrt().Plus(o.Epsilon));
        if (o.Momentum > 0)
        {
            var b = state.Get("momentum_buffer", Zeros);
            step = b.copy_(b.Times(o.Momentum).Plus(step));
        }

        parameter.copy_(p.Minus(step.Times(learningRate)));
    }
}

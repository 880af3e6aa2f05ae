using Alignment.ModelCore.Losses;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Optimization;

/// <summary>torch's <c>SGD</c>; weight decay is added to the gradient.</summary>
public sealed record SgdOptions(double Momentum = 0, double Dampening = 0, bool Nesterov = false);

/// <summary>Stochastic gradient descent: b ← μ·b + (1 − d)·g (b = g at first); p ← p − lr·b, or lr·(g + μ·b) with Nesterov.</summary>
public sealed class Sgd(IReadOnlyList<ParameterGroup> groups, SgdOptions? options = null) : StatefulOptimizer(groups)
{
    private readonly SgdOptions o = options ?? new();

    protected override void Update(Tensor parameter, Tensor gradient, ParameterState state, double learningRate, double weightDecay)
    {
        var type = StateType(parameter);
        var p = parameter.to_type(type);
        var g = gradient.to_type(type);
        g = weightDecay == 0 ? g : g.Plus(p.Times(weightDecay));
        if (o.Momentum != 0)
        {
            var first = !state.Tensors.ContainsKey("momentum_buffer");
            var b = state.Get("momentum_buffer", () => g.clone());
            if (!first)
            {
                b.copy_(b.Times(o.Momentum).Plus(g.Times(1 - o.Dampening)));
            }

            g = o.Nesterov ? g.Plus(b.Times(o.Momentum)) : b;
        }

        parameter.copy_(p.Minus(g.Times(learningRate)));
    }
}

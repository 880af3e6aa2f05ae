using Alignment.ModelCore.Losses;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Optimization;

/// <summary>Lion (Chen et al. 2023, alg. 2): u = sign(β₁m + (1−β₁)g); p ← p·(1 − lr·λ) − lr·u; m ← β₂m + (1−β₂)g. One state, use a third to a tenth of Adam's rate.</summary>
public sealed class Lion(IReadOnlyList<ParameterGroup> groups, double beta1 = .9, double beta2 = .99) : StatefulOptimizer(groups)
{
    protected override void Update(Tensor parameter, Tensor gradient, ParameterState state, double learningRate, double weightDecay)
    {
        var type = StateType(parameter);
        var g = gradient.to_type(type);
        var m = state.Get("exp_avg", () => zeros(parameter.shape, type, parameter.device));
        var u = m.Times(beta1).Plus(g.Times(1 - beta1)).sign();
        parameter.copy_(parameter.to_type(type).Times(1 - (learningRate * weightDecay)).Minus(u.Times(learningRate)));
        m.copy_(m.Times(beta2).Plus(g.Times(1 - beta2)));
    }
}

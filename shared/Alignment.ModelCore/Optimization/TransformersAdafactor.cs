using Alignment.ModelCore.Losses;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Optimization;

/// <summary>transformers' <c>Adafactor</c> with its names and defaults.</summary>
/// <param name="RelativeStep">The rate is min(1e-6·t if warm-up else 1e-2, 1/√t); the step's own rate is ignored.</param>
public sealed record TransformersAdafactorOptions(
    double Epsilon1 = 1e-30, double Epsilon2 = 1e-3, double ClipThreshold = 1, double DecayRate = -.8, double? Beta1 = null,
    bool ScaleParameter = true, bool RelativeStep = true, bool WarmupInit = false);

/// <summary>
/// Adafactor (Shazeer &amp; Stern 2018, alg. 4) as transformers does it; differs from torch's in where ε stands, in the rate and in the decay
/// (p ← p − lr·λ·p with the scaled rate).
/// </summary>
public sealed class TransformersAdafactor(IReadOnlyList<ParameterGroup> groups, TransformersAdafactorOptions? options = null) : StatefulOptimizer(groups)
{
    private readonly TransformersAdafactorOptions o = options ?? new();

    protected override void Update(Tensor parameter, Tensor gradient, ParameterState state, double learningRate, double weightDecay)
    {
        var type = StateType(parameter);
        var p = parameter.to_type(type);
        var g = gradient.to_type(type);
        var rate = o.RelativeStep ? Math.Min(o.WarmupInit ? 1e-6 * state.Step : 1e-2, 1 / Math.Sqrt(state.Step)) : learningRate;
        rate *= o.ScaleParameter ? Math.Max(o.Epsilon2, RootMeanSquare(p)) : 1;
        var beta2 = 1 - Math.Pow(state.Step, o.DecayRate);
        Tensor Average(string key, Tensor value)
        {
            var s = state.Get(key, () => zeros(value.shape, type, parameter.device));
            return s.copy_(s.Times(beta2).Plus(value.Times(1 - beta2)));
        }

        var squares = g.Squared().Plus(o.Epsilon1);
        Tensor update;
        if (g.dim() > 1)
        {
            var row = Average("exp_avg_sq_row", squares.mean([-1L]));
            var column = Average("exp_avg_sq_col", squares.mean([-2L]));
            update = row.Over(row.mean([-1L], keepdim: true)).rsqrt().unsqueeze(-1).Times(column.rsqrt().unsqueeze(-2)).Times(g);
        }
        else
        {
            update = Average("exp_avg_sq", squares).rsqrt().Times(g);
        }

        update = update.Times(rate / Math.Max(1, RootMeanSquare(update) / o.ClipThreshold));
        if (o.Beta1 is { } beta1)
        {
            var m = state.Get("exp_avg", () => zeros(parameter.shape, type, parameter.device));
            update = m.copy_(m.Times(beta1).Plus(update.Times(1 - beta1)));
        }

        parameter.copy_(p.Minus(p.Times(weightDecay * rate)).Minus(update));
    }

    private static double RootMeanSquare(Tensor t) => t.Squared().mean().sqrt().Value();
}

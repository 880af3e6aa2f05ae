using Alignment.ModelCore.Losses;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Optimization;

/// <summary>torch's <c>Adafactor</c>.</summary>
/// <param name="Epsilon1">Null: the machine epsilon of the parameter's dtype.</param>
/// <param name="D">The update's root mean square is held to this.</param>
public sealed record AdafactorOptions(double Beta2Decay = -.8, double? Epsilon1 = null, double Epsilon2 = 1e-3, double D = 1);

/// <summary>
/// Adafactor (Shazeer &amp; Stern 2018, alg. 4) as torch does it: ρ = min(lr, 1/√t), α = max(ε₂, rms(p))·ρ, decoupled decay by lr·λ;
/// matrices keep row and column means of g² only.
/// </summary>
public sealed class Adafactor(IReadOnlyList<ParameterGroup> groups, AdafactorOptions? options = null) : StatefulOptimizer(groups)
{
    private readonly AdafactorOptions o = options ?? new();

    protected override void Update(Tensor parameter, Tensor gradient, ParameterState state, double learningRate, double weightDecay)
    {
        var type = StateType(parameter);
        var p = parameter.to_type(type);
        var g = gradient.to_type(type);
        var eps1 = o.Epsilon1 ?? (type == ScalarType.Float64 ? Math.BitIncrement(1.0) - 1 : MathF.BitIncrement(1f) - 1f);
        var take = Math.Pow(state.Step, o.Beta2Decay);
        var alpha = Math.Max(o.Epsilon2, p.Squared().mean().sqrt().Value()) * Math.Min(learningRate, 1 / Math.Sqrt(state.Step));
        p = weightDecay == 0 ? p : p.Times(1 - (learningRate * weightDecay));
        Tensor Average(string key, Tensor value)
        {
            var s = state.Get(key, () => zeros(value.shape, type, parameter.device));
            return s.copy_(s.Plus(value.Minus(s).Times(take)));
        }

        var squares = g.Squared();
        Tensor variance;
        if (g.dim() > 1)
        {
            var row = Average("row_var", squares.mean([-1L], keepdim: true));
            var column = Average("col_var", squares.mean([-2L], keepdim: true));
            variance = row.Times(column).Over(row.mean([-2L], keepdim: true).AtLeast(eps1));
        }
        else
        {
            variance = Average("variance", squares);
        }

        var update = g.Times(variance.AtLeast(eps1 * eps1).rsqrt());
        var clip = Math.Max(1, update.Squared().mean().sqrt().Value() / o.D);
        parameter.copy_(p.Minus(update.Times(alpha / clip)));
    }
}

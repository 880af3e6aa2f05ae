using Alignment.ModelCore.Losses;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Optimization;

/// <summary>How Muon's rate depends on a matrix's shape (torch's <c>adjust_lr_fn</c>).</summary>
public enum MuonRate
{
    /// <summary>√max(1, rows/columns).</summary>
    Original,

    /// <summary>.2·√max(rows, columns): updates as large as AdamW's, so its rates can be kept (Liu et al. 2025, eq. 4).</summary>
    MatchRmsAdamw,
}

/// <summary>torch's defaults.</summary>
public sealed record MuonOptions(
    double Momentum = .95, bool Nesterov = true, int Steps = 5, MuonRate Rate = MuonRate.Original, double A = 3.4445, double B = -4.775, double C = 2.0315, double Epsilon = 1e-7);

/// <summary>
/// Muon (Jordan et al. 2024): momentum, then the nearest semi-orthogonal matrix by Newton–Schulz iterations u ← a·u + (b·A + c·A²)·u,
/// A = u·uᵀ; decoupled decay. Matrices only: give vectors and embeddings to AdamW. torch iterates in bfloat16; here the iteration keeps the
/// state's precision.
/// </summary>
public sealed class Muon : StatefulOptimizer
{
    private readonly MuonOptions o;

    public Muon(IReadOnlyList<ParameterGroup> groups, MuonOptions? options = null)
        : base(groups)
    {
        o = options ?? new();
        if (groups.SelectMany(g => g.Parameters).FirstOrDefault(p => p.Parameter.dim() != 2) is { Name: { } name })
        {
            throw new ArgumentException($"Muon updates matrices; '{name}' is not one. Give it to AdamW.");
        }
    }

    /// <summary>The orthogonalised matrix; (m, n) → (m, n).</summary>
    public static Tensor Orthogonalise(Tensor matrix, MuonOptions options)
    {
        var tall = matrix.shape[0] > matrix.shape[1];
        var u = tall ? matrix.t() : matrix;
        u = u.Over(u.Squared().sum().sqrt().AtLeast(options.Epsilon));
        for (var i = 0; i < options.Steps; i++)
        {
            var a = u.mm(u.t());
            u = u.Times(options.A).Plus(a.Times(options.B).Plus(a.mm(a).Times(options.C)).mm(u));
        }

        return tall ? u.t() : u;
    }

    protected override void Update(Tensor parameter, Tensor gradient, ParameterState state, double learningRate, double weightDecay)
    {
        var type = StateType(parameter);
        var g = gradient.to_type(type);
        var b = state.Get("momentum_buffer", () => zeros(parameter.shape, type, parameter.device));
        b.copy_(b.Plus(g.Minus(b).Times(1 - o.Momentum)));
        var u = Orthogonalise(o.Nesterov ? g.Plus(b.Minus(g).Times(o.Momentum)) : b, o);
        double rows = parameter.shape[0], columns = parameter.shape[1];
        var ratio = o.Rate == MuonRate.Original ? Math.Sqrt(Math.Max(1, rows / columns)) : .2 * Math.Sqrt(Math.Max(rows, columns));
        parameter.copy_(parameter.to_type(type).Times(1 - (learningRate * weightDecay)).Minus(u.Times(learningRate * ratio)));
    }
}

using Alignment.ModelCore.Losses;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Forgetting;

/// <summary>
/// The diagonal of the Fisher information: how sharply the model's own predictions depend on each parameter. A mean over examples, not
/// over batches. Results are new tensors in the caller's dispose scope, one for each parameter, in their order and dtype; gradients of the
/// parameters are dropped.
/// </summary>
public static class DiagonalFisher
{
    /// <summary>
    /// F = 1/n·Σ (∂ log p(yᵢ|xᵢ)/∂θ)² with the data's labels (Kirkpatrick et al. 2017, as nearly everybody computes it).
    /// </summary>
    /// <param name="logProb">log p(yᵢ|xᵢ) of example i, a scalar with a graph.</param>
    public static IReadOnlyList<Tensor> Empirical(IReadOnlyList<Tensor> parameters, int examples, Func<int, Tensor> logProb)
    {
        var sums = Zeros(parameters);
        for (var i = 0; i < examples; i++)
        {
            AddSquares(parameters, sums, () => logProb(i), 1.0 / examples);
        }

        return sums;
    }

    /// <summary>
    /// F = 1/n·Σᵢ Σ_c p(c|xᵢ)·(∂ log p(c|xᵢ)/∂θ)²: the expectation under the model itself (Martens 2020, §9.2). One backward pass for each
    /// example and class, so for small output spaces.
    /// </summary>
    /// <param name="logProbs">log p(·|xᵢ) of example i: (C), with a graph.</param>
    public static IReadOnlyList<Tensor> Exact(IReadOnlyList<Tensor> parameters, int examples, Func<int, Tensor> logProbs)
    {
        var sums = Zeros(parameters);
        for (var i = 0; i < examples; i++)
        {
            double[] shares;
            using (NewDisposeScope())
            {
                using var none = no_grad();
                shares = logProbs(i).exp().Doubles();
            }

            for (var c = 0; c < shares.Length; c++)
            {
                AddSquares(parameters, sums, () => logProbs(i).select(0, c), shares[c] / examples);
            }
        }

        return sums;
    }

    /// <summary>
    /// (1/n·Σ ∂ log p(yᵢ|xᵢ)/∂θ)²: the square of the mean gradient. Not a Fisher information: gradients of different examples cancel.
    /// Published code often computes this by squaring the gradient of a batch's mean; it is here so that one can recognise it.
    /// </summary>
    public static IReadOnlyList<Tensor> BatchSquared(IReadOnlyList<Tensor> parameters, int examples, Func<int, Tensor> logProb)
    {
        using var scope = NewDisposeScope();
        Drop(parameters);
        for (var i = 0; i < examples; i++)
        {
            using var one = NewDisposeScope();
            logProb(i).Over(examples).backward();
        }

        var squares = parameters.Select(p => p.grad is { } g ? g.Squared() : zeros_like(p)).ToList();
        Drop(parameters);
        return [.. squares.Select(s => s.MoveToOuterDisposeScope())];
    }

    /// <summary>Several tasks in a row: F ← γ·F_old + F_new (Schwarz et al. 2018, eq. 9).</summary>
    public static Tensor Online(Tensor old, Tensor added, double gamma) => old.Times(gamma).Plus(added);

    private static List<Tensor> Zeros(IReadOnlyList<Tensor> parameters)
    {
        using var none = no_grad();
        return [.. parameters.Select(p => zeros_like(p))];
    }

    private static void AddSquares(IReadOnlyList<Tensor> parameters, List<Tensor> sums, Func<Tensor> value, double share)
    {
        using var scope = NewDisposeScope();
        Drop(parameters);
        value().backward();
        using var none = no_grad();
        foreach (var (p, sum) in parameters.Zip(sums))
        {
            if (p.grad is { } g)
            {
                sum.add_(g.Squared().Times(share), Native.Scalars.One);
            }
        }

        Drop(parameters);
    }

    private static void Drop(IReadOnlyList<Tensor> parameters)
    {
        foreach (var p in parameters)
        {
            p.grad = null;
        }
    }
}

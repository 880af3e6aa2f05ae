using static TorchSharp.torch;

namespace Alignment.ModelCore.Losses;

/// <summary>What the DPO family needs of a batch of B pairs. Log-probs are sums over completion tokens, (B) each.</summary>
public sealed record DpoInputs(Tensor PolicyChosen, Tensor PolicyRejected, Tensor ReferenceChosen, Tensor ReferenceRejected)
{
    /// <summary>Completion lengths (B), EOS included; <c>ipo</c> and <c>sigmoid_norm</c> need them.</summary>
    public Tensor? ChosenLengths { get; init; }

    public Tensor? RejectedLengths { get; init; }

    /// <summary>WPO weights (B), see <see cref="SequenceLogProbs.WpoWeights"/>; null for none. Not legal with <c>aot*</c>.</summary>
    public Tensor? PairWeights { get; init; }

    /// <summary>Scalar: token mean of −ℓ over the chosen completions; <c>sft</c> needs it.</summary>
    public Tensor? ChosenNll { get; init; }
}

/// <summary>The loss and its detached parts.</summary>
/// <param name="Loss">Scalar: Σₖ wₖ·mean over pairs of loss k.</param>
/// <param name="PairLosses">(K, B): each term before its weight, after WPO's; <c>aot*</c> in sorted order.</param>
/// <param name="ChosenRewards">β·s_c (B), whatever the loss and the divergence.</param>
/// <param name="RejectedRewards">β·s_r (B).</param>
public sealed record DpoResult(Tensor Loss, Tensor PairLosses, Tensor ChosenRewards, Tensor RejectedRewards);

/// <summary>Direct preference optimisation and its relatives (Rafailov et al. 2023); every form is listed at <see cref="DpoLossType"/>.</summary>
public static class DpoLoss
{
    public static DpoResult Compute(DpoInputs inputs, DpoOptions options)
    {
        options.Validate();
        Tensor chosen = inputs.PolicyChosen.Minus(inputs.ReferenceChosen), rejected = inputs.PolicyRejected.Minus(inputs.ReferenceRejected);
        var scores = new Scores(chosen, rejected, Score(chosen, options), Score(rejected, options));
        var pairs = new List<Tensor>();
        Tensor? loss = null;
        foreach (var (type, weight) in options.Terms)
        {
            var term = Term(type, scores, inputs, options);
            if (inputs.PairWeights is { } w)
            {
                term = type is DpoLossType.Aot or DpoLossType.AotUnpaired
                    ? throw new ArgumentException($"{OptionNames.Of(type)} compares ranks over the batch: weights per pair do not apply to it.")
                    : term.Times(w.detach());
            }

            var part = term.mean().Times(weight);
            loss = loss is null ? part : loss.Plus(part);
            pairs.Add(term.detach());
        }

        return new(
            loss ?? throw new ArgumentException("No loss given."), stack(pairs), chosen.detach().Times(options.Beta), rejected.detach().Times(options.Beta));
    }

    /// <summary>f(s): the score of a log-ratio under the divergence.</summary>
    public static Tensor Score(Tensor s, DpoOptions options) => options.Divergence switch
    {
        FDivergence.ReverseKl => s,
        FDivergence.ForwardKl => 1.0.From(CappedExp(s.neg())),
        FDivergence.JsDivergence => s.LogSigmoid().Plus(Math.Log(2)),
        FDivergence.AlphaDivergence when Math.Abs(options.AlphaCoefficient - 1) < 1e-6 => s,
        FDivergence.AlphaDivergence => s.Times(options.AlphaCoefficient - 1).AtMost(80).expm1().Over(options.AlphaCoefficient - 1),
        FDivergence.LegacyAlphaDivergence => CappedExp(s.Times(-options.AlphaCoefficient)).Over(-options.AlphaCoefficient),
        FDivergence.LegacyJsDivergence => s.LogSigmoid(),
        _ => throw new ArgumentException($"Unknown divergence {options.Divergence}."),
    };

    /// <summary>e^x with x held below the logarithm of the dtype's largest value.</summary>
    private static Tensor CappedExp(Tensor x) => x.AtMost(x.dtype == ScalarType.Float64 ? 709.78 : 88.72).exp();

    private static Tensor Term(DpoLossType type, Scores s, DpoInputs inputs, DpoOptions o)
    {
        double beta = o.Beta, eps = o.LabelSmoothing, target = 1 / (2 * beta);
        Tensor U() => s.ChosenScore.Minus(s.RejectedScore).Times(beta);
        return type switch
        {
            DpoLossType.Sigmoid => U().LogSigmoid().neg(),
            DpoLossType.Cdpo => Smoothed(U(), eps),
            DpoLossType.Robust => U().LogSigmoid().Times(eps - 1).Plus(U().neg().LogSigmoid().Times(eps)).Over(1 - (2 * eps)),
            DpoLossType.Hinge => 1.0.From(U()).relu(),
            DpoLossType.Ipo => PerToken(s, inputs).Minus(target).Squared(),
            DpoLossType.IpoSum => s.Chosen.Minus(s.Rejected).Minus(target).Squared(),
            DpoLossType.ExoPair => Exo(U(), eps),
            DpoLossType.NcaPair => s.Chosen.Times(beta).LogSigmoid().Plus(s.Chosen.Times(-beta).LogSigmoid().Times(.5)).Plus(s.Rejected.Times(-beta).LogSigmoid().Times(.5)).neg(),
            DpoLossType.BcoPair => s.Chosen.Times(beta).Minus(o.BcoDelta).LogSigmoid().Plus(o.BcoDelta.From(s.Rejected.Times(beta)).LogSigmoid()).neg(),
            DpoLossType.SppoHard => s.Chosen.Minus(target).Squared().Plus(s.Rejected.Plus(target).Squared()),
            DpoLossType.Aot => Smoothed(Aot(inputs).Times(beta), eps),
            DpoLossType.AotUnpaired => Smoothed(Sorted(s.Chosen).Minus(Sorted(s.Rejected)).Times(beta), eps),
            DpoLossType.ApoZero => s.Chosen.Times(-beta).sigmoid().Plus(s.Rejected.Times(beta).sigmoid()),
            DpoLossType.ApoDown => s.Chosen.Times(beta).sigmoid().Plus(s.Chosen.Minus(s.Rejected).Times(-beta).sigmoid()),
            DpoLossType.Discopop => Discopop(U(), o.DiscopopTau),
            DpoLossType.SigmoidNorm => PerToken(s, inputs).Times(beta).LogSigmoid().neg(),
            DpoLossType.Sft => (inputs.ChosenNll ?? throw new ArgumentException("sft needs the chosen completions' token mean (ChosenNll).")).expand(s.Chosen.shape),
            _ => throw new ArgumentException($"Unknown loss {type}."),
        };
    }

    private static Tensor Smoothed(Tensor u, double eps) => eps == 0
        ? u.LogSigmoid().neg()
        : u.LogSigmoid().Times(eps - 1).Minus(u.neg().LogSigmoid().Times(eps));

    private static Tensor PerToken(Scores s, DpoInputs inputs)
    {
        if (inputs.ChosenLengths is not { } c || inputs.RejectedLengths is not { } r)
        {
            throw new ArgumentException("ipo and sigmoid_norm divide by completion lengths: give ChosenLengths and RejectedLengths.");
        }

        return s.ChosenScore.Over(c.to_type(s.Chosen.dtype).AtLeast(1)).Minus(s.RejectedScore.Over(r.to_type(s.Rejected.dtype).AtLeast(1)));
    }

    private static Tensor Exo(Tensor u, double eps)
    {
        var forward = u.sigmoid().Times(u.LogSigmoid().Minus(Math.Log(1 - eps)));
        return forward.Plus(u.neg().sigmoid().Times(u.neg().LogSigmoid().Minus(Math.Log(eps))));
    }

    private static Tensor Aot(DpoInputs i) => Sorted(i.PolicyChosen.Minus(i.PolicyRejected)).Minus(Sorted(i.ReferenceChosen.Minus(i.ReferenceRejected)));

    /// <summary>g·e^{−u} is taken as exp(log g − u): g vanishes long before e^{−u} overflows.</summary>
    private static Tensor Discopop(Tensor u, double tau)
    {
        var logistic = u.neg().Over(tau).sigmoid().Times(u.LogSigmoid().neg());
        return logistic.Plus(u.Over(tau).LogSigmoid().Minus(u).exp());
    }

    private static Tensor Sorted(Tensor x) => x.sort(0).Values;

    private sealed record Scores(Tensor Chosen, Tensor Rejected, Tensor ChosenScore, Tensor RejectedScore);
}

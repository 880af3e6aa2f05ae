using static TorchSharp.torch;

namespace Alignment.ModelCore.Losses;

/// <param name="Losses">(B), detached.</param>
/// <param name="ChosenIsFirst">(B) bool: the first completion has at least the second's score.</param>
/// <param name="ChosenRewards">β·(policy − reference) sums of the chosen (B).</param>
public sealed record OnlineDpoResult(Tensor Loss, Tensor Losses, Tensor ChosenIsFirst, DpoInputs Pairs, Tensor ChosenRewards, Tensor RejectedRewards);

/// <summary>Online DPO (Guo et al. 2024): two completions a prompt, the better scored one is chosen, a tie takes the first; then DPO on sums.</summary>
public static class OnlineDpoLoss
{
    /// <param name="sums">(2B): policy sums, first completions then second ones.</param>
    /// <param name="refSums">(2B).</param>
    /// <param name="scores">(2B), penalties already subtracted.</param>
    /// <param name="type"><see cref="DpoLossType.Sigmoid"/> or <see cref="DpoLossType.IpoSum"/>.</param>
    public static OnlineDpoResult Compute(Tensor sums, Tensor refSums, Tensor scores, double beta, DpoLossType type = DpoLossType.Sigmoid)
    {
        var half = scores.shape[0] / 2;
        var first = scores.narrow(0, 0, half).ge(scores.narrow(0, half, half));
        Tensor Pick(Tensor t, Tensor takeFirst) => where(takeFirst, t.narrow(0, 0, half), t.narrow(0, half, half));
        var second = first.logical_not();
        var pairs = new DpoInputs(Pick(sums, first), Pick(sums, second), Pick(refSums, first), Pick(refSums, second));
        var r = DpoLoss.Compute(pairs, new() { Beta = beta, Terms = [new(type)] });
        return new(r.Loss, r.PairLosses.squeeze(0), first, pairs, r.ChosenRewards, r.RejectedRewards);
    }

    /// <summary>
    /// The trainer's metrics. TRL sums KL and entropy over all slots, masked ones included: pass a mask of ones for its numbers; the
    /// response mask for ours.
    /// </summary>
    public static Dictionary<string, double> Metrics(OnlineDpoResult result, Tensor logProbs, Tensor refLogProbs, Tensor mask, Tensor scores, double beta)
    {
        using var scope = NewDisposeScope();
        var half = scores.shape[0] / 2;
        var kl = Masked.RowSums(logProbs.detach().Minus(refLogProbs.detach()), mask).mean().Value();
        var margin = scores.narrow(0, 0, half).Minus(scores.narrow(0, half, half)).abs().mean().Value();
        var metrics = DpoMetrics.Rewards(result.ChosenRewards, result.RejectedRewards, result.Pairs.PolicyChosen.detach(), result.Pairs.PolicyRejected.detach());
        metrics["objective/kl"] = kl;
        metrics["objective/entropy"] = -Masked.RowSums(logProbs.detach(), mask).mean().Value();
        metrics["objective/scores"] = scores.mean().Value();
        metrics["objective/scores_margin"] = margin;
        metrics["objective/non_score_reward"] = -beta * kl;
        metrics["objective/rlhf_reward"] = metrics["objective/scores"] - (beta * kl);
        metrics["beta"] = beta;
        return metrics;
    }
}

/// <param name="DpoLosses">(B), detached.</param>
/// <param name="XpoLosses">(B): α·Σ log π on the reference's completion, detached.</param>
/// <param name="ChosenIsModel">(B) bool.</param>
public sealed record XpoResult(Tensor Loss, Tensor DpoLosses, Tensor XpoLosses, Tensor ChosenIsModel, DpoInputs Pairs, Tensor ChosenRewards, Tensor RejectedRewards);

/// <summary>
/// Exploratory preference optimisation (Xie et al. 2024, alg. 1): one completion of the policy against one of the reference; DPO plus
/// α·Σ log π on the reference's completion, which pushes the policy away from what the reference already does.
/// </summary>
public static class XpoLoss
{
    /// <summary>All (B): sums of policy and reference on the policy's own and on the reference's completions; scores with penalties subtracted.</summary>
    public static XpoResult Compute(
        Tensor policyOwn, Tensor policyOther, Tensor referenceOwn, Tensor referenceOther, Tensor ownScores, Tensor otherScores, double beta, double alpha, DpoLossType type = DpoLossType.Sigmoid)
    {
        var r = OnlineDpoLoss.Compute(cat([policyOwn, policyOther]), cat([referenceOwn, referenceOther]), cat([ownScores, otherScores]), beta, type);
        var explore = policyOther.Times(alpha);
        return new(r.Loss.Plus(explore.mean()), r.Losses, explore.detach(), r.ChosenIsFirst, r.Pairs, r.ChosenRewards, r.RejectedRewards);
    }

    /// <summary>The trainer's metrics; token inputs (2B, T), the policy's own completions first.</summary>
    public static Dictionary<string, double> Metrics(XpoResult result, Tensor logProbs, Tensor refLogProbs, Tensor mask, Tensor ownScores, Tensor otherScores)
    {
        using var scope = NewDisposeScope();
        var metrics = DpoMetrics.Rewards(result.ChosenRewards, result.RejectedRewards, result.Pairs.PolicyChosen.detach(), result.Pairs.PolicyRejected.detach());
        metrics["loss/dpo"] = result.DpoLosses.mean().Value();
        metrics["loss/xpo"] = result.XpoLosses.mean().Value();
        metrics["objective/model_scores"] = ownScores.mean().Value();
        metrics["objective/ref_scores"] = otherScores.mean().Value();
        metrics["objective/scores_margin"] = metrics["objective/model_scores"] - metrics["objective/ref_scores"];
        metrics["objective/kl"] = Masked.RowSums(logProbs.detach().Minus(refLogProbs.detach()), mask).mean().Value();
        metrics["objective/entropy"] = -Masked.RowSums(logProbs.detach(), mask).mean().Value();
        return metrics;
    }
}

/// <param name="Scores">(B): (P − ½)·Σ log π, detached.</param>
/// <param name="KlSums">(B): Σ(ℓ − ℓ_ref), detached.</param>
public sealed record NashMdResult(Tensor Loss, Tensor Scores, Tensor KlSums);

/// <summary>
/// Nash-MD (Munos et al. 2024, eq. 9): REINFORCE against completions of a geometric mixture of policy and reference:
/// β·Σ sg(ℓ − ℓ_ref)·ℓ − (P − ½)·Σ ℓ, P the probability that the policy's completion wins.
/// </summary>
public static class NashMdLoss
{
    /// <param name="logProbs">(B, T), policy on its own completions.</param>
    /// <param name="probability">(B): σ(score − mixture's score), or a preference model's.</param>
    public static NashMdResult Compute(Tensor logProbs, Tensor refLogProbs, Tensor mask, Tensor probability, double beta)
    {
        var rho = logProbs.detach().Minus(refLogProbs.detach());
        var score = probability.detach().Minus(.5).Times(Masked.RowSums(logProbs, mask));
        var penalty = KlTerm(logProbs, refLogProbs, mask);
        return new(penalty.Times(beta).Minus(score).mean(), score.detach(), Masked.RowSums(rho, mask));
    }

    /// <summary>Σ sg(ℓ − ℓ_ref)·ℓ (B): REINFORCE's form of the KL's gradient.</summary>
    public static Tensor KlTerm(Tensor logProbs, Tensor refLogProbs, Tensor mask) =>
        Masked.RowSums(logProbs.detach().Minus(refLogProbs.detach()).Times(logProbs), mask);

    /// <summary>The trainer's metrics, without those of the scores.</summary>
    public static Dictionary<string, double> Metrics(NashMdResult result, Tensor logProbs, Tensor refLogProbs, Tensor mask, Tensor probability)
    {
        using var scope = NewDisposeScope();
        Tensor policy = Masked.RowSums(logProbs.detach(), mask), reference = Masked.RowSums(refLogProbs.detach(), mask), margin = policy.Minus(reference);
        return new()
        {
            ["loss/score"] = result.Scores.mean().Value(),
            ["loss/kl"] = result.KlSums.mean().Value(),
            ["logps/chosen"] = policy.mean().Value(),
            ["logps/rejected"] = reference.mean().Value(),
            ["rewards/probabilities"] = probability.mean().Value(),
            ["rewards/margins"] = margin.mean().Value(),
            ["rewards/accuracies"] = margin.IsAbove(0).to_type(ScalarType.Float64).mean().Value(),
            ["objective/entropy"] = -policy.mean().Value(),
        };
    }

    /// <summary>P = σ(score − mixture's score).</summary>
    public static Tensor Probability(Tensor scores, Tensor mixtureScores) => scores.Minus(mixtureScores).sigmoid();

    /// <summary>The opponent's logits: log_softmax(c·z_ref + (1 − c)·z_π). (…, V)</summary>
    public static Tensor GeometricMixture(Tensor policyLogits, Tensor refLogits, double coefficient) =>
        nn.functional.log_softmax(refLogits.Times(coefficient).Plus(policyLogits.Times(1 - coefficient)), -1);
}

/// <summary>A setting given as one value or one per epoch; the last is kept afterwards.</summary>
public sealed record PerEpoch(IReadOnlyList<double> Values)
{
    public double At(int epoch) => Values[Math.Min(epoch, Values.Count - 1)];
}

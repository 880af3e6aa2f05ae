using static TorchSharp.torch;

namespace Alignment.ModelCore.Losses;

/// <param name="Loss">Mean over all rows.</param>
/// <param name="RowLosses">(B), weighted, detached.</param>
/// <param name="Rewards">β·s (B), detached.</param>
public sealed record BcoResult(Tensor Loss, Tensor RowLosses, Tensor Rewards);

/// <summary>
/// Binary classifier optimisation (Jung et al. 2024, eq. 9): −log σ(r − δ) on desirable rows, −log σ(−(r − δ)) on undesirable ones,
/// r = β·s. δ is the mean of all rewards seen, this batch included: update <see cref="RunningMoments"/> with <see cref="Rewards"/> first;
/// evaluation uses it without updating.
/// </summary>
public static class BcoLoss
{
    /// <summary>β·(policy − reference), detached (B).</summary>
    public static Tensor Rewards(Tensor policy, Tensor reference, double beta = .1) => policy.detach().Minus(reference.detach()).Times(beta);

    /// <param name="weights">(B), UDM weights, see <see cref="PromptClassifier.Weights"/>; null for 1.</param>
    public static BcoResult Compute(Tensor policy, Tensor reference, Tensor desirable, double delta, double beta = .1, Tensor? weights = null)
    {
        var rewards = policy.Minus(reference).Times(beta);
        var sign = desirable.to_type(rewards.dtype).Times(2).Minus(1);
        var rows = rewards.Minus(delta).Times(sign).LogSigmoid().neg();
        rows = weights is null ? rows : rows.Times(weights.to_type(rows.dtype));
        return new(rows.mean(), rows.detach(), rewards.detach());
    }
}

using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Rollouts;
using Alignment.ModelCore.Training;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Recipes.Ppo;

/// <summary>The gradient of one mini-batch, micro-batch by micro-batch.</summary>
internal static class PpoUpdates
{
    public static void Backward(PpoParts parts, PpoOptions options, PpoBatch batch, int[] rows, double klCoefficient, TrainingRun run, PpoMetrics metrics)
    {
        double policyLoss = 0, valueLoss = 0, loss = 0;
        double tokens = rows.Sum(r => (double)batch.Trajectories[r].Response.Length), slots = batch.Rows(rows).Shaped.ValueMask.sum().ToDouble();
        foreach (var micro in rows.Chunk(options.BatchSize))
        {
            loss += run.Backward(() =>
            {
                var part = batch.Rows(micro);
                var now = ResponseForward.LogProbs(parts.Policy, part.Trajectories, part.Width, parts.PadId, PpoBatch.Head(options), options.MetricsOver == "slots");
                var policy = PpoPolicyLoss.Compute(now.LogProbs, part.OldLogProbs, part.Shaped.Advantages, part.Shaped.ResponseMask, options.PolicyLoss());
                var values = ResponseForward.Values(parts.Critic, part.Trajectories, part.Width, parts.PadId);
                var value = ValueLoss.Compute(values, part.Values, part.Shaped.Returns, part.Shaped.ValueMask, options.ValueClipRange > 0 ? options.ValueClipRange : null);
                metrics.Add(part, now, policy, value);

                // A micro-batch's share of the mini-batch: by tokens, so that splitting changes nothing, or by rows (TRL).
                double share = (double)micro.Length / rows.Length, byTokens = part.Trajectories.Sum(t => (double)t.Response.Length) / tokens, bySlots = part.Shaped.ValueMask.sum().ToDouble() / slots;
                var whole = options.LossDenominator == "mini_batch";
                var (ofPolicy, ofValue) = whole ? (options.Aggregation switch { "token_mean" => byTokens, "token_sum" => 1, _ => share }, bySlots) : (share, share);
                policyLoss += policy.Loss.ToDouble() * ofPolicy;
                valueLoss += value.Loss.ToDouble() * ofValue;
                var total = Scaled(policy.Loss, ofPolicy).add(Scaled(value.Loss, options.ValueCoefficient * ofValue));
                return Regularised(total, part, now, options, klCoefficient, whole ? byTokens : share);
            });
        }

        parts.BeforeUpdate?.Invoke(new(rows, policyLoss, valueLoss, loss));
    }

    /// <summary>KL in the loss and the entropy bonus, token means both.</summary>
    private static Tensor Regularised(Tensor loss, PpoBatch part, ResponseTokens now, PpoOptions options, double klCoefficient, double share)
    {
        if (options.KlIn == "loss" && klCoefficient > 0)
        {
            var kl = KlEstimators.Compute(now.LogProbs, part.RefLogProbs, KlOptions.Parse(options.KlEstimator));
            loss = loss.add(Scaled(Masked.Mean(kl, part.Shaped.ResponseMask), klCoefficient * share));
        }

        return options.EntropyCoefficient == 0 ? loss : loss.sub(Scaled(Masked.Mean(now.Entropy, part.Shaped.ResponseMask), options.EntropyCoefficient * share));
    }

    private static Tensor Scaled(Tensor t, double by) => t.mul(tensor(by, t.dtype));
}

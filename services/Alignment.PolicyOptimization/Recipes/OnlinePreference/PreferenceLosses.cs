using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Rollouts;
using Alignment.ModelCore.Training;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Recipes.OnlinePreference;

/// <summary>The three losses on B pairs, and their metrics under TRL's names; padding is never counted.</summary>
internal static class PreferenceLosses
{
    /// <param name="part">The pairs, own answers first.</param>
    /// <param name="now">The policy's log-probs on both, (2B, R).</param>
    /// <param name="scale">What guards made of β.</param>
    public static Tensor Compute(OnlinePreferenceOptions options, PreferenceBatch part, ResponseTokens now, int epoch, double scale, StepMeans means)
    {
        var beta = new PerEpoch(options.Beta).At(epoch) * scale;
        var scores = tensor(part.Scores).to_type(now.LogProbs.dtype);
        Common(part, now, beta, means);
        return options switch
        {
            OnlineDpoOptions o => OnlineDpo(o, part, now, scores, beta, means),
            XpoOptions o => Xpo(o, part, now, scores, beta, epoch, means),
            _ => NashMd((NashMdOptions)options, part, now, scores, beta, epoch, means),
        };
    }

    private static Tensor OnlineDpo(OnlineDpoOptions options, PreferenceBatch part, ResponseTokens now, Tensor scores, double beta, StepMeans means)
    {
        var result = OnlineDpoLoss.Compute(Masked.RowSums(now.LogProbs, now.Mask), Masked.RowSums(part.RefLogProbs, now.Mask), scores, beta, PairLoss.Parse(options.Loss));
        means.Add(OnlineDpoLoss.Metrics(result, now.LogProbs, part.RefLogProbs, now.Mask, scores, beta));
        means.Add("val/contain_eos_token", part.Trajectories.Average(t => t.Ended ? 1.0 : 0));
        return result.Loss;
    }

    private static Tensor Xpo(XpoOptions options, PreferenceBatch part, ResponseTokens now, Tensor scores, double beta, int epoch, StepMeans means)
    {
        var alpha = new PerEpoch(options.Alpha).At(epoch);
        var (ownSums, otherSums) = Halves(Masked.RowSums(now.LogProbs, now.Mask));
        var (ownRef, otherRef) = Halves(Masked.RowSums(part.RefLogProbs, now.Mask));
        var (own, other) = Halves(scores);
        var result = XpoLoss.Compute(ownSums, otherSums, ownRef, otherRef, own, other, beta, alpha, PairLoss.Parse(options.Loss));
        means.Add(XpoLoss.Metrics(result, now.LogProbs, part.RefLogProbs, now.Mask, own, other));
        means.Add("alpha", alpha);
        Ends(part, means);
        return result.Loss;
    }

    private static Tensor NashMd(NashMdOptions options, PreferenceBatch part, ResponseTokens now, Tensor scores, double beta, int epoch, StepMeans means)
    {
        var (own, other) = Halves(scores);
        var probability = options.WinFrom == "shares" ? own : NashMdLoss.Probability(own, other);
        var (logProbs, _) = Halves(now.LogProbs);
        var (reference, _) = Halves(part.RefLogProbs);
        var (mask, _) = Halves(now.Mask);
        var result = NashMdLoss.Compute(logProbs, reference, mask, probability, beta);
        means.Add(NashMdLoss.Metrics(result, logProbs, reference, mask, probability));
        means.Add("rewards/chosen", own.mean().ToDouble());
        means.Add("rewards/rejected", other.mean().ToDouble());
        means.Add("mixture_coef", new PerEpoch(options.MixtureCoefficient).At(epoch));
        Ends(part, means);
        return result.Loss;
    }

    /// <summary>What all three report: lengths, ties, and the KL of the policy's own answers.</summary>
    private static void Common(PreferenceBatch part, ResponseTokens now, double beta, StepMeans means)
    {
        using var scope = NewDisposeScope();
        var (logProbs, _) = Halves(now.LogProbs.detach());
        var (reference, _) = Halves(part.RefLogProbs);
        var (mask, _) = Halves(now.Mask);
        var kl = logProbs.sub(reference);
        means.Add("beta", beta);
        means.Add("kl_per_sequence", Masked.RowSums(kl, mask).mean().ToDouble());
        means.Add("kl_per_token", Masked.Mean(kl, mask).ToDouble());
        means.Add("entropy", Masked.Mean(now.Entropy.detach(), now.Mask).ToDouble());
        means.Add("frac_score_ties", Enumerable.Range(0, part.Pairs).Average(i => part.Scores[i] == part.Scores[i + part.Pairs] ? 1.0 : 0));
    }

    private static void Ends(PreferenceBatch part, StepMeans means)
    {
        means.Add("val/model_contain_eos_token", part.Trajectories.Take(part.Pairs).Average(t => t.Ended ? 1.0 : 0));
        means.Add("val/ref_contain_eos_token", part.Trajectories.Skip(part.Pairs).Average(t => t.Ended ? 1.0 : 0));
    }

    private static (Tensor Own, Tensor Other) Halves(Tensor t) => (t.narrow(0, 0, t.shape[0] / 2), t.narrow(0, t.shape[0] / 2, t.shape[0] / 2));
}

using Alignment.ModelCore.Data;
using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Rollouts;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Recipes.Online;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Recipes.Group;

/// <summary>The responses of one sampling with what their steps need; lives until the last of them. Tensors have N rows.</summary>
/// <param name="Mask">(N, R), true on tokens that are learned from.</param>
/// <param name="Advantages">(N) or (N, R).</param>
/// <param name="Metrics">Numbers of the sampling, reported once.</param>
internal sealed record GroupBatch(
    IReadOnlyList<Trajectory> Trajectories, int Width, Tensor Mask, Tensor Advantages, Tensor? OldLogProbs, Tensor? RefLogProbs, Tensor? SamplingLogProbs, double Items, IReadOnlyDictionary<string, double> Metrics) : IDisposable
{
    /// <summary>1. Rolls out, 2. scores, 3. shapes rewards, 4. estimates advantages.</summary>
    public static GroupBatch Sample(GroupParts parts, GroupOptions options, TrainingRun run, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        var rows = run.MicroBatches.SelectMany(m => m).ToList();
        var (trajectories, table, resampled) = GroupRollout.Draw(parts, options, run, rows, cancellation);
        var greedy = options.Advantages == "remax" ? Greedy(parts, options, run, rows, cancellation) : null;

        var width = ResponseForward.Width(trajectories);
        var head = Head(options) with { Statistics = false };
        Tensor LogProbs(CausalModel m) => ForwardBatches.Run(trajectories, options.RolloutBatchSize, t => ResponseForward.LogProbs(m, t, width, parts.PadId, head, layout: LayoutOf(options, t)).LogProbs);
        var beta = options.Beta * run.Guards.KlScale;
        var shaping = beta > 0 && options.KlIn == "reward";
        var old = !options.NeedsOldLogProbs && !shaping ? null
            : options.OldLogProbs == "sampler" ? ResponseForward.Sampled(trajectories, width, parts.Policy.DType) : LogProbs(parts.Policy);
        var reference = beta > 0 ? (parts.Reference ?? throw new ArgumentException("β is not 0: a reference is needed.")).Use(LogProbs) : null;
        var mask = ResponseForward.Mask(trajectories, width);
        var kl = shaping ? old!.sub(reference!) : null;
        var estimate = GroupEstimate.Of(options, table, trajectories, mask, kl, beta, greedy);
        var kept = Kept(options, trajectories, mask, estimate);
        var metrics = GroupMetrics.OfSampling(parts.Scorer.Names, options, table, trajectories, estimate, kl, mask);
        if (options.ResampleEqualGroups > 0)
        {
            metrics["resampled_groups"] = resampled;
        }

        var sampling = options.SamplerCorrection == "none" ? null : ResponseForward.Sampled(trajectories, width, old!.dtype);
        Tensor? Keep(Tensor? t) => t?.DetachFromDisposeScope();
        return new(trajectories, width, Keep(kept)!, Keep(estimate.Advantages)!, Keep(options.NeedsOldLogProbs ? old : null), Keep(options.KlIn == "loss" ? reference : null), Keep(sampling),
            kept.sum().ToDouble(), metrics);
    }

    /// <summary>How these responses go through a model.</summary>
    public static AnswerLayout LayoutOf(GroupOptions options, IReadOnlyList<Trajectory> trajectories) => options.PromptLayout switch
    {
        "shared" => AnswerLayout.Shared, "separate" => AnswerLayout.Separate, _ => ResponseForward.Cheaper(trajectories),
    };

    /// <summary>Log-probs are at the sampling temperature.</summary>
    public static HeadOptions Head(GroupOptions options) => new(options.Temperature);

    /// <summary>The loss's inputs for some of the rows, on the policy's present log-probs.</summary>
    public GrpoInputs Inputs(IReadOnlyList<int> rows, ResponseTokens now)
    {
        var index = tensor(rows.Select(r => (long)r).ToArray());
        Tensor Pick(Tensor t) => t.index_select(0, index);
        return new(now.LogProbs, Pick(Advantages).to_type(now.LogProbs.dtype), Pick(Mask))
        {
            OldLogProbs = OldLogProbs is null ? null : Pick(OldLogProbs), RefLogProbs = RefLogProbs is null ? null : Pick(RefLogProbs),
            SamplingLogProbs = SamplingLogProbs is null ? null : Pick(SamplingLogProbs), Entropies = now.Entropy,
        };
    }

    public void Dispose()
    {
        foreach (var t in new[] { Mask, Advantages, OldLogProbs, RefLogProbs, SamplingLogProbs })
        {
            t?.Dispose();
        }
    }

    /// <summary>Rewards of the greedy responses, repeated for the samples of each prompt.</summary>
    private static double[] Greedy(GroupParts parts, GroupOptions options, TrainingRun run, IReadOnlyList<int> rows, CancellationToken cancellation)
    {
        var best = (parts.Greedy ?? throw new ArgumentException("ReMax needs a greedy source.")).Sample(run.BatchesDone, rows, run.StepsDone, cancellation);
        var rewards = GroupPenalties.Add(options, parts.Scorer.Score(best, cancellation), best).Sums();
        return [.. rewards.SelectMany(r => Enumerable.Repeat(r, options.SamplesPerPrompt))];
    }

    private static Tensor Kept(GroupOptions options, IReadOnlyList<Trajectory> trajectories, Tensor mask, GroupEstimate estimate)
    {
        var keep = trajectories.Select((t, i) => (!options.MaskTruncated || t.Ended) && (!options.FilterEqualGroups || Math.Abs(estimate.Deviations[i]) > 1e-8)).ToArray();

        // Where nothing would be left the batch stays whole: its advantages are 0 or its lengths all at the limit, and the step must still be one.
        return keep.Any(k => k) ? mask.logical_and(tensor(keep).unsqueeze(-1)) : mask;
    }
}

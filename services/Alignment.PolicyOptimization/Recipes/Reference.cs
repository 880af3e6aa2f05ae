using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Recipes;

/// <summary>Where the reference's log-probabilities come from: a file made beforehand, or, where the reference moves, a second model.</summary>
public sealed class Reference : IDisposable
{
    private readonly ReferenceLogProbs? precomputed;
    private readonly CausalModel? live;
    private readonly DpoRecipeOptions options;
    private readonly int padId;

    private Reference(DpoRecipeOptions options, int padId, ReferenceLogProbs? precomputed, CausalModel? live) =>
        (this.options, this.padId, this.precomputed, this.live) = (options, padId, precomputed, live);

    /// <summary>What changes during the run and must be saved: the moving reference's weights.</summary>
    public IReadOnlyList<(string Name, Tensor Value)> State =>
        live is null || options.ReferenceSyncSteps == 0 ? [] : [.. live.named_parameters().Select(p => ("reference." + p.name, (Tensor)p.parameter))];

    /// <summary>Prepares the reference before the policy's first step; <paramref name="policy"/> still has its starting weights.</summary>
    public static Reference Create(DpoRecipeOptions options, CausalModel policy, IReadOnlyList<TokenPair> pairs, string digest, int padId, TrainingFolders folders, IMetricsSink metrics)
    {
        if (options.ReferenceSyncSteps > 0)
        {
            return Live(options, TunedModel.Frozen(options, options.Reference.Length == 0 ? options.Model : options.Reference), padId);
        }

        CausalModel? other = null;
        try
        {
            var cache = options.ReferenceCache.Length == 0 ? folders.State : options.ReferenceCache;
            return new(options, padId, ReferenceLogProbs.FindOrMake(cache, digest, pairs, options.LdAlpha, options.BatchSize, padId,
                () => options.Reference.Length == 0 ? policy : other = TunedModel.Frozen(options, options.Reference),
                message => metrics.Event(new(0, "reference", message))), null);
        }
        finally
        {
            other?.Dispose();
        }
    }

    /// <summary>A reference that is asked at every step; it is frozen here.</summary>
    public static Reference Live(DpoRecipeOptions options, CausalModel model, int padId)
    {
        model.Freeze();
        model.eval();
        return new(options, padId, null, model);
    }

    /// <summary>Sequence log-probs (B) of the chosen and rejected completions of these pairs.</summary>
    public (Tensor Chosen, Tensor Rejected) LogProbs(IReadOnlyList<int> indices, IReadOnlyList<TokenPair> pairs, ScalarType dtype)
    {
        if (precomputed is not null)
        {
            return precomputed.Of(indices, dtype);
        }

        using var none = no_grad();
        var sums = PairLogProbs.Of(live!, pairs, padId, options.LdAlpha).Sums;
        return (sums.narrow(0, 0, pairs.Count), sums.narrow(0, pairs.Count, pairs.Count));
    }

    /// <summary>TR-DPO (Gorbatovski et al. 2024): after every n-th step, reference ← α·policy + (1 − α)·reference.</summary>
    public Action? Synchroniser(CausalModel policy, int step) => live is null || options.ReferenceSyncSteps == 0 || step % options.ReferenceSyncSteps != 0 ? null : () =>
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using Scalar keep = 1 - options.ReferenceMixupAlpha, take = options.ReferenceMixupAlpha;
        foreach (var (mine, theirs) in live.parameters().Zip(policy.parameters()))
        {
            mine.mul_(keep).add_(theirs, take);
        }
    };

    public void Dispose() => live?.Dispose();
}

using System.Security.Cryptography;
using System.Text;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Recipes;

/// <summary>
/// Where the reference's log-probabilities come from: a file made beforehand, a second model, or the policy with its adapter off.
/// </summary>
public sealed class Reference : IDisposable
{
    private readonly ReferenceTask task;
    private readonly ReferenceLogProbs? precomputed;
    private readonly CausalModel? live;
    private readonly TunedModel<CausalModel>? adapted;

    private Reference(ReferenceTask task, ReferenceLogProbs? precomputed = null, CausalModel? live = null, TunedModel<CausalModel>? adapted = null) =>
        (this.task, this.precomputed, this.live, this.adapted) = (task, precomputed, live, adapted);

    /// <summary>The reference's weights by name, where it is a model of its own: TR-DPO moves and saves them.</summary>
    public IReadOnlyList<(string Name, Tensor Value)> Weights => live is null ? [] : [.. live.named_parameters().Select(p => ("reference." + p.name, (Tensor)p.parameter))];

    /// <summary>Prepares the reference before the policy's first step; <paramref name="tuned"/> still has its starting weights.</summary>
    /// <param name="digest">Identifies the reference checkpoint.</param>
    /// <param name="live">True: a model of its own whatever the options say.</param>
    public static Reference Create<T>(T options, TunedModel<CausalModel> tuned, string digest, ReferenceTask task, TrainingFolders folders, IMetricsSink metrics, bool live = false)
        where T : TrainingOptions, IReferenceOptions
    {
        if (live && tuned.Adapter is not null)
        {
            throw new OptionsException([$"reference_sync_steps moves the reference towards the policy's weights, and tuning.method: {options.Tuning.Method} leaves those alone. Remove it, or use tuning.method: full."]);
        }

        if (live || options.ReferenceFrom == "model")
        {
            return Live(TunedModel.Frozen(options, options.Reference.Length == 0 ? options.Model : options.Reference), task);
        }

        if (options.ReferenceFrom == "adapter_off")
        {
            return tuned.HoldsBase ? new(task, adapted: tuned) : throw new OptionsException([$"reference_from: adapter_off: with the adapter off this is not the model that the run starts from. Use precomputed."]);
        }

        CausalModel? other = null;
        var own = options.Reference.Length == 0;
        using var off = own && tuned.HoldsBase ? tuned.AsBase() : null;
        try
        {
            return new(task, ReferenceLogProbs.FindOrMake(options.ReferenceCache.Length == 0 ? folders.State : options.ReferenceCache, digest + Form(options), task, options.BatchSize,
                () => own ? tuned.Model : other = TunedModel.Frozen(options, options.Reference), message => metrics.Event(new(0, "reference", message))));
        }
        finally
        {
            other?.Dispose();
        }
    }

    /// <summary>A reference that is asked at every step; it is frozen here.</summary>
    public static Reference Live(CausalModel model, ReferenceTask task)
    {
        model.Freeze();
        model.eval();
        return new(task, live: model);
    }

    /// <summary>The task's numbers for these rows, one (B) for each column.</summary>
    public Tensor[] Of(IReadOnlyList<int> rows, ScalarType dtype)
    {
        if (precomputed is not null)
        {
            return precomputed.Of(rows, dtype);
        }

        using var off = adapted?.AsBase();
        using var none = no_grad();
        return [.. task.Score(live ?? adapted!.Model, rows).unbind(0)];
    }

    public void Dispose() => live?.Dispose();

    // The base under an adapter may be another model than the checkpoint says, a quantised one for example; so may the compute type be.
    private static string Form(TrainingOptions options) => options.Tuning is { Method: "full" or "freeze", Quantise: "none" } && options.ComputeType is null ? ""
        : " " + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{options.ComputeType} {OptionBinder.Describe(options.Tuning).ToJsonString()}")));
}

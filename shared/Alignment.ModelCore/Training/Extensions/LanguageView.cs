using Alignment.ModelCore.Adapters;
using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Training.Extensions;

/// <summary>
/// The language model inside a model that is being trained, and its base. A scoring model speaks through its body and the language head of
/// its starting checkpoint, which stays as it is (Yang et al. 2024 keep it the same way for reward models). The base is the model itself
/// with its adapter off, or a frozen second copy that is loaded when first asked for.
/// </summary>
internal sealed class LanguageView : IDisposable
{
    private readonly nn.Module model;
    private readonly Func<IDisposable>? asBase;
    private readonly Lazy<CausalModel> copy;
    private readonly Lazy<Tensor?> headAlone;
    private bool disposed;

    public LanguageView(nn.Module model, TrainingOptions options, int padId, Func<IDisposable>? asBase)
    {
        (this.model, PadId, this.asBase) = (model, padId, asBase);
        copy = new(() => Frozen(options));
        headAlone = new(() => LanguageHead.Read(options.Model));
    }

    public int PadId { get; }

    /// <summary>Language log-likelihood sums of rows, with a graph. Denominator: targets of the rows, or what is given.</summary>
    public SftResult Loss(IReadOnlyList<TokenRow> rows, double? denominator = null)
    {
        var batch = TokenBatch.Of(rows, PadId);
        return SftLoss.FromHidden(Hidden(model, batch.InputIds), Head, null, batch.Labels, denominator);
    }

    /// <summary>Next-token logits of the model, with a graph, and of its base, without: (B, T, V) each, and which positions are real (B, T).</summary>
    public (Tensor Model, Tensor Base, Tensor Mask) Logits(IReadOnlyList<TokenRow> rows)
    {
        var batch = TokenBatch.Of(rows, PadId);
        var real = arange(batch.InputIds.shape[1], ScalarType.Int64).unsqueeze(0).le(batch.LastPositions.unsqueeze(1));
        Tensor theirs;
        using (no_grad())
        {
            using var off = asBase?.Invoke();
            theirs = asBase is null ? copy.Value.Forward(batch.InputIds) : Speak(batch.InputIds);
        }

        return (Speak(batch.InputIds), theirs, real);
    }

    /// <summary>The model in eval mode until disposed, then as it was: measurements must not depend on dropout nor use random numbers.</summary>
    public IDisposable Quiet() => new EvalMode(model);

    /// <summary>The model without its adapter until disposed; null where it has none that can be switched off.</summary>
    public IDisposable? Base() => asBase?.Invoke();

    public void Dispose()
    {
        if (copy.IsValueCreated && !disposed)
        {
            copy.Value.Dispose();
        }

        if (headAlone.IsValueCreated && !disposed)
        {
            headAlone.Value?.Dispose();
        }

        disposed = true;
    }

    /// <summary>Whether next-token losses of this model can be had: it is a language model, or was one.</summary>
    public static bool Speaks(nn.Module model, TrainingOptions options) => model is CausalModel || AdapterOpening.ConfigOf(options.Model).Head == HeadKind.Language;

    // A whole second model for one matrix would double a reward model's memory.
    private Tensor Head => model is CausalModel causal ? causal.HeadWeight : copy.IsValueCreated ? copy.Value.HeadWeight : headAlone.Value ?? copy.Value.HeadWeight;

    private Tensor Speak(Tensor ids) => model is CausalModel causal ? causal.Forward(ids) : copy.Value.Head(Hidden(model, ids));

    private static Tensor Hidden(nn.Module model, Tensor ids) => model switch
    {
        CausalModel causal => causal.Hidden(ids),
        ScoringModel scoring => scoring.Body.Read(ids),
        _ => throw new NotSupportedException($"{model.GetType().Name} is no language model."),
    };

    private static CausalModel Frozen(TrainingOptions options)
    {
        if (AdapterOpening.ConfigOf(options.Model).Head != HeadKind.Language)
        {
            throw new OptionsException([$"regularisation: {options.Model} has no language head, so next-token losses, KL to the base and forgetting cannot be computed. Start from a language model, or remove kl_base_weight, replay_share, ewc_data and general."]);
        }

        return TunedModel.Frozen(options, options.Model);
    }
}

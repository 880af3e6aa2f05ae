using Alignment.ModelCore.Adapters;
using Alignment.ModelCore.Architectures;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Modules;

/// <summary>A decoder with a next-token head. Parameter names are those of the Hugging Face checkpoint.</summary>
public sealed class CausalModel : nn.Module
{
    private readonly Projection? head;
    private Parameter? otherHead;

    public CausalModel(DecoderConfig config, ParameterSource source)
        : base(nameof(CausalModel))
    {
        Config = config;
        Body = new(config, source);
        register_module(config.Names.Body, Body);
        if (!config.TiedEmbedding)
        {
            head = new(source, config.Names.LanguageHead, config.Width, config.VocabularySize, hasBias: false);
            register_module(config.Names.LanguageHead, head);
        }

        eval();
    }

    public DecoderConfig Config { get; }

    public Decoder Body { get; }

    /// <summary>The adapter that came with the folder this model was opened from; it goes when the model goes.</summary>
    public AdapterSet? Adapter { get; internal set; }

    /// <summary>The head's matrix with what adapters make of it; the embedding itself in tied models. (V, D)</summary>
    public Tensor HeadWeight => head is not null ? head.EffectiveWeight : otherHead ?? Body.TiedHeadWeight;

    /// <summary>Compute dtype: that of the weights unless <see cref="ComputeIn"/> said otherwise.</summary>
    public ScalarType DType => Body.DType;

    /// <summary>Matrix products and attention in <paramref name="type"/> over the weights as they are; see <see cref="Decoder.ComputeIn"/>.</summary>
    public void ComputeIn(ScalarType? type)
    {
        Body.ComputeIn(type);
        if (head is not null)
        {
            head.ComputeType = type;
        }
    }

    /// <summary>A new model with random weights, the same for the same seed.</summary>
    public static CausalModel Create(DecoderConfig config, ulong seed, ScalarType dtype = ScalarType.Float32)
    {
        using var source = new FreshParameters(config, seed, dtype);
        return new(config with { Head = HeadKind.Language }, source);
    }

    /// <summary>Next-token logits. (B, T) → (B, T, V), in the compute dtype.</summary>
    /// <param name="inputIds">(B, T) int64</param>
    /// <param name="attentionMask">(B, past + T) int64 or bool, true keeps; or (B, T, past + T) for any pattern within causality; null keeps all.</param>
    /// <param name="positionIds">(B, T) int64. Null: the kept tokens are counted from 0, so that left and right padding agree. Without
    /// mask and cache, positions that restart mark packed documents, which then cannot see each other.</param>
    public Tensor Forward(Tensor inputIds, Tensor? attentionMask = null, Tensor? positionIds = null, IPastKeyValues? cache = null) =>
        Head(Hidden(inputIds, attentionMask, positionIds, cache));

    /// <summary>Hidden states after the final norm. (B, T) → (B, T, D)</summary>
    /// <param name="rows">The texts inside the rows of the batch, in the place of a mask.</param>
    public Tensor Hidden(Tensor inputIds, Tensor? attentionMask = null, Tensor? positionIds = null, IPastKeyValues? cache = null, AttentionRows? rows = null)
    {
        using var scope = torch.NewDisposeScope();
        return Body.Read(inputIds, attentionMask, positionIds, cache, rows: rows).MoveToOuterDisposeScope();
    }

    /// <summary>L + 1 states (B, T, D): the input of the first block, then each block's output, the last after the final norm, as transformers gives them.</summary>
    public IReadOnlyList<Tensor> HiddenStates(Tensor inputIds, Tensor? attentionMask = null, Tensor? positionIds = null)
    {
        var states = new List<Tensor>();
        states.Add(Body.Forward(Body.Embed(inputIds), attentionMask, positionIds, null, states.Add));
        states.RemoveAt(states.Count - 2);
        return states;
    }

    /// <summary>(…, D) → (…, V)</summary>
    public Tensor Head(Tensor hidden) => head is null ? Projection.Product(hidden, HeadWeight, null, Body.ComputeType) : head.forward(hidden);

    /// <summary>Gives a tied model a head of its own (V, D); null ties it again.</summary>
    public void ReplaceTiedHead(Parameter? by) => otherHead = by;

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Adapter?.Dispose();
            Adapter = null;
        }

        base.Dispose(disposing);
    }
}

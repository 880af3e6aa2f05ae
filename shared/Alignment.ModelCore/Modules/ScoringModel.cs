using Alignment.ModelCore.Adapters;
using Alignment.ModelCore.Architectures;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Modules;

/// <summary>A decoder with a linear head over the hidden states: sequence classification (reward models) or token classification (process rewards, values).</summary>
public sealed class ScoringModel : nn.Module
{
    public ScoringModel(DecoderConfig config, ParameterSource source)
        : base(nameof(ScoringModel))
    {
        if (config.Head == HeadKind.Language)
        {
            throw new ArgumentException("A scoring model needs a sequence or token head.", nameof(config));
        }

        Config = config;
        Body = new(config, source);
        ScoreHead = new(source, HeadName, config.Width, config.LabelCount, hasBias: config.Head == HeadKind.Token);
        register_module(config.Names.Body, Body);
        register_module(HeadName, ScoreHead);
        eval();
    }

    public DecoderConfig Config { get; }

    public Decoder Body { get; }

    /// <summary>The adapter that came with the folder this model was opened from; it goes when the model goes.</summary>
    public AdapterSet? Adapter { get; internal set; }

    public Projection ScoreHead { get; }

    /// <summary>The head's name, which its parameters' names begin with.</summary>
    public string HeadName => Config.Head == HeadKind.Sequence ? Config.Names.SequenceHead : Config.Names.TokenHead;

    public ScalarType DType => Body.DType;

    /// <summary>Matrix products and attention in <paramref name="type"/> over the weights as they are; the head stays as it is.</summary>
    public void ComputeIn(ScalarType? type) => Body.ComputeIn(type);

    /// <summary>A new model with random weights, the same for the same seed.</summary>
    public static ScoringModel Create(DecoderConfig config, ulong seed, ScalarType dtype = ScalarType.Float32)
    {
        using var source = new FreshParameters(config, seed, dtype);
        return new(config, source);
    }

    /// <summary>The head at every position. (B, T) → (B, T, labels)</summary>
    /// <param name="rows">The texts inside the rows of the batch, in the place of a mask.</param>
    public Tensor AllScores(Tensor inputIds, Tensor? attentionMask = null, Tensor? positionIds = null, AttentionRows? rows = null)
    {
        using var scope = torch.NewDisposeScope();
        return ScoreHead.forward(Body.Read(inputIds, attentionMask, positionIds, rows: rows)).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// One score vector per sequence, (B, labels), for a sequence head: the head at the right-most token whose id is not the padding id
    /// (the mask plays no part, as in transformers). (B, T, labels) for a token head.
    /// </summary>
    public Tensor Forward(Tensor inputIds, Tensor? attentionMask = null, Tensor? positionIds = null)
    {
        using var scope = torch.NewDisposeScope();
        var all = AllScores(inputIds, attentionMask, positionIds);
        return (Config.Head == HeadKind.Token ? all : Pool(all, PooledPositions(inputIds, Config.PadTokenId))).MoveToOuterDisposeScope();
    }

    /// <summary>all (B, T, labels), positions (B) int64 → (B, labels).</summary>
    public static Tensor Pool(Tensor all, Tensor positions) =>
        all.gather(1, positions.view(-1, 1, 1).expand(all.shape[0], 1, all.shape[2])).squeeze(1);

    /// <summary>The right-most position of each row whose id is not <paramref name="padTokenId"/>, 0 where there is none. (B, T) → (B)</summary>
    public static Tensor PooledPositions(Tensor inputIds, int? padTokenId)
    {
        if (padTokenId is not { } pad)
        {
            if (inputIds.shape[0] != 1)
            {
                throw new InvalidOperationException("Without pad_token_id in config.json only single sequences can be scored: the last real token of a padded row is unknown.");
            }

            return torch.tensor([inputIds.shape[1] - 1]);
        }

        using var id = (Scalar)(long)pad;
        var real = inputIds.ne(id).to_type(ScalarType.Int64);
        return real.mul(torch.arange(inputIds.shape[1], ScalarType.Int64)).max(1).values;
    }

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

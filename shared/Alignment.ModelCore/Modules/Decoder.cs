using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Native;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Modules;

/// <summary>The body that all families share: embeddings, blocks, final norm. Its differences come from <see cref="DecoderConfig"/> alone.</summary>
public sealed class Decoder : nn.Module
{
    private readonly TokenEmbedding embedding;
    private readonly TokenEmbedding? learnedPositions;
    private readonly Norm finalNorm;

    public Decoder(DecoderConfig config, ParameterSource source)
        : base(nameof(Decoder))
    {
        (Config, EmbeddingDropout) = (config, config.EmbeddingDropout);
        var n = config.Names;
        embedding = new(source, $"{n.Body}.{n.Embedding}", config.VocabularySize, config.Width);
        register_module(n.Embedding, embedding);
        if (n.Positions is { } positions)
        {
            learnedPositions = new(source, $"{n.Body}.{positions}", config.MaxPositions, config.Width);
            register_module(positions, learnedPositions);
        }

        Rotary = config.Rope is null ? null : new(config.Rope, config.HeadSize);
        Blocks = [.. Enumerable.Range(0, config.LayerCount).Select(i => new DecoderBlock(config, i, source, $"{n.Body}.{n.Layers}.{i}"))];
        register_module(n.Layers, new ModuleList<DecoderBlock>([.. Blocks]));
        finalNorm = new(source, $"{n.Body}.{n.FinalNorm}", config.Norm, config.NormEpsilon, config.Width);
        register_module(n.FinalNorm, finalNorm);
    }

    public DecoderConfig Config { get; }

    /// <summary>Dropout on the embeddings, in training mode.</summary>
    public double EmbeddingDropout { get; set; }

    /// <summary>
    /// NEFTune's α (Jain et al. 2024, alg. 1): in training mode token embeddings get uniform noise in ±α/√(T·D), T the padded length; 0 is off.
    /// </summary>
    public double EmbeddingNoise { get; set; }

    public IReadOnlyList<DecoderBlock> Blocks { get; }

    public Rotary? Rotary { get; }

    /// <summary>(V, D)</summary>
    public Parameter EmbeddingWeight => embedding.Weight;

    /// <summary>The embedding as a tied head reads it. (V, D)</summary>
    public Tensor TiedHeadWeight => embedding.TiedWeight;

    /// <summary>A learned context in front of every text: virtual tokens, or keys and values.</summary>
    public LearnedPrompt? Prompt { get; set; }

    /// <summary>The dtype of attention, masks and cache: that of the weights, or of <see cref="ComputeIn"/>.</summary>
    public ScalarType DType => ComputeType ?? EmbeddingWeight.dtype;

    /// <summary>Null: everything in the weights' dtype.</summary>
    public ScalarType? ComputeType { get; private set; }

    /// <summary>
    /// Matrix products and attention in <paramref name="type"/>, weights, norms and the residual stream as they are: bf16 compute over
    /// fp32 masters. Null goes back to the weights' own dtype.
    /// </summary>
    public void ComputeIn(ScalarType? type)
    {
        ComputeType = type;
        foreach (var projection in modules().OfType<Projection>())
        {
            projection.ComputeType = type;
        }
    }

    /// <summary>Token embeddings as the first block wants them, without positions. (B, T) → (B, T, D)</summary>
    public Tensor Embed(Tensor inputIds)
    {
        var x = embedding.forward(inputIds);
        if (training && EmbeddingNoise > 0)
        {
            var bound = EmbeddingNoise / Math.Sqrt(inputIds.shape[1] * Config.Width);
            x = x.Plus(rand(x.shape, x.dtype).sub(Scalars.Half).mul(torch.tensor(2 * bound, x.dtype)));
        }

        if (!Config.ScaleEmbedding)
        {
            return x;
        }

        // √D is rounded to the compute dtype first, as the reference does.
        return x.mul(torch.tensor(Math.Sqrt(Config.Width), x.dtype));
    }

    /// <summary>
    /// Hidden states of a text, (B, T) → (B, T, D): embedding, learned prompt if there is one and it is not in <paramref name="past"/>
    /// already, blocks, final norm. Masks and positions speak of the text alone; see <see cref="Forward(Tensor, Tensor?, Tensor?, IPastKeyValues?, Action{Tensor}?, AttentionRows?)"/>.
    /// </summary>
    /// <param name="withPrompt">Keeps the states of virtual tokens in front: (B, n + T, D).</param>
    /// <param name="rows">The texts inside the rows of the batch, in the place of a mask.</param>
    public Tensor Read(Tensor inputIds, Tensor? attentionMask = null, Tensor? positionIds = null, IPastKeyValues? past = null, bool withPrompt = false, AttentionRows? rows = null) =>
        Prompt is null || past is { Length: > 0 } ? Forward(Embed(inputIds), attentionMask, positionIds, past, rows: rows)
            : Prompt.Read(this, Embed(inputIds), rows?.Visible() ?? attentionMask, positionIds, past, withPrompt);

    /// <summary>
    /// Hidden states after the final norm. x (B, T, D) from <see cref="Embed"/>. Positions that are not given count the kept tokens of
    /// each row, so that padding on either side changes nothing; given positions that restart separate packed documents when there is no mask.
    /// </summary>
    /// <param name="attentionMask">(B, past + T) or (B, T, past + T), true keeps; null keeps all.</param>
    /// <param name="positionIds">(B, T) int64 or null.</param>
    /// <param name="each">Receives the input of the first block and then the output of each, before the final norm.</param>
    /// <param name="rows">The texts inside the rows of the batch, in the place of a mask.</param>
    public Tensor Forward(Tensor x, Tensor? attentionMask = null, Tensor? positionIds = null, IPastKeyValues? past = null, Action<Tensor>? each = null, AttentionRows? rows = null)
    {
        long length = x.shape[1], before = past?.Length ?? 0;
        var masks = rows is not null && past is null ? AttentionMasks.Of(rows, length, DType)
            : AttentionMasks.Create(length, before, rows?.Visible() ?? attentionMask, positionIds, DType);
        return Forward(x, masks, Place(attentionMask, positionIds, before, length), past, each);
    }

    /// <summary>The same with masks and positions made by the caller, as step-by-step generation does.</summary>
    public Tensor Forward(Tensor x, AttentionMasks masks, Positions positions, IPastKeyValues? past, Action<Tensor>? each = null)
    {
        if (learnedPositions is not null)
        {
            CheckPositions(positions.Largest);
            x = x.Plus(learnedPositions.At(positions));
        }

        if (training && EmbeddingDropout > 0)
        {
            x = nn.functional.dropout(x, EmbeddingDropout, training: true);
        }

        // Rotation in float32 or better: sixteen bits of cos and sin cost digits everywhere downstream.
        var rotation = Rotary?.At(positions, DType is ScalarType.BFloat16 or ScalarType.Float16 ? ScalarType.Float32 : DType);
        each?.Invoke(x);
        for (var i = 0; i < Blocks.Count; i++)
        {
            x = Blocks[i].Forward(x, rotation, masks.For(Config.IsWindowed(i) ? Config.SlidingWindow : null), past);
            each?.Invoke(x);
        }

        past?.Advance(positions.Length);
        return finalNorm.forward(x);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Rotary?.Dispose();
        }

        base.Dispose(disposing);
    }

    private static Positions Place(Tensor? mask, Tensor? ids, long before, long length)
    {
        if (ids is not null)
        {
            return Positions.From(ids);
        }

        if (mask is null || mask.dim() == 3 || (mask.dtype == ScalarType.Bool ? mask : mask.ne(Scalars.LongZero)).all().item<bool>())
        {
            return Positions.Run(before, length);
        }

        var counted = mask.to_type(ScalarType.Int64).cumsum(1).sub(Scalars.LongOne).clamp_min(Scalars.LongZero);
        return Positions.From(counted.narrow(1, before, length));
    }

    private void CheckPositions(long largest)
    {
        if (largest >= Config.MaxPositions)
        {
            throw new ArgumentException($"Position {largest} is beyond the {Config.MaxPositions} positions this model has learned.");
        }
    }
}

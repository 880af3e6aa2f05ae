using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Modules;

/// <summary>Multi-head attention with grouped key/value heads, rotary positions and optional per-head norms.</summary>
public sealed class Attention : nn.Module
{
    private readonly DecoderConfig config;
    private readonly int layer;
    private readonly Projection? fused;
    private readonly Projection? query;
    private readonly Projection? key;
    private readonly Projection? value;
    private readonly Projection output;
    private readonly Norm? queryNorm;
    private readonly Norm? keyNorm;
    private readonly Scalar? queryScale;

    public Attention(DecoderConfig config, int layer, ParameterSource source, string path)
        : base(nameof(Attention))
    {
        (this.config, this.layer, Dropout) = (config, layer, config.AttentionDropout);
        var n = config.Names;
        long queries = (long)config.HeadCount * config.HeadSize, pairs = (long)config.KeyValueHeadCount * config.HeadSize;
        Projection Make(string name, long from, long to, bool bias, Initialisation initialisation = Initialisation.Normal)
        {
            var made = new Projection(source, $"{path}.{name}", from, to, bias, config.TransposedWeights, initialisation);
            register_module(name, made);
            return made;
        }

        if (n.FusedQueryKeyValue is { } one)
        {
            fused = Make(one, config.Width, queries + (2 * pairs), config.QueryKeyValueBias);
        }
        else
        {
            query = Make(n.Query, config.Width, queries, config.QueryKeyValueBias);
            key = Make(n.Key, config.Width, pairs, config.QueryKeyValueBias);
            value = Make(n.Value, config.Width, pairs, config.QueryKeyValueBias);
        }

        output = Make(n.Output, queries, config.Width, config.OutputBias, config.ScaledResidualInitialisation ? Initialisation.Residual : Initialisation.Normal);
        if (config.QueryKeyNorm)
        {
            queryNorm = new(source, $"{path}.{n.QueryNorm}", NormKind.Rms, config.NormEpsilon, config.HeadSize);
            keyNorm = new(source, $"{path}.{n.KeyNorm}", NormKind.Rms, config.NormEpsilon, config.HeadSize);
            register_module(n.QueryNorm, queryNorm);
            register_module(n.KeyNorm, keyNorm);
        }

        // Scaled attention divides by √S itself; another scale is put on the query.
        queryScale = config.AttentionScales is { } scales ? (Scalar)(scales[layer] * Math.Sqrt(config.HeadSize)) : null;
    }

    /// <summary>Dropout on the attention weights, in training mode.</summary>
    public double Dropout { get; set; }

    /// <summary>x (B, T, D) → (B, T, D).</summary>
    public Tensor Forward(Tensor x, (Tensor Cos, Tensor Sin)? rotation, LayerMask mask, IPastKeyValues? past)
    {
        long batch = x.shape[0], length = x.shape[1];
        var (q, k, v) = Project(x, batch, length);
        if (queryNorm is not null)
        {
            (q, k) = (queryNorm.forward(q), keyNorm!.forward(k));
        }

        if (rotation is var (cos, sin))
        {
            (q, k) = (Rotary.Apply(q, cos, sin), Rotary.Apply(k, cos, sin));
        }

        if (q.dtype != v.dtype)
        {
            (q, k) = (q.to_type(v.dtype), k.to_type(v.dtype));
        }

        if (queryScale is not null)
        {
            q = q.mul(queryScale);
        }

        var mixed = mask.Rows is { } rows
            ? rows.Mix(q, k, v, mask.Windows!, (q, k, v, window) => Scaled(q, Wide(k), Wide(v), new(window is null, window)))
            : Mix(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), mask, past);
        return output.forward(mixed.reshape(batch, length, (long)config.HeadCount * config.HeadSize));
    }

    /// <summary>Each (B, T, heads, S).</summary>
    private (Tensor Query, Tensor Key, Tensor Value) Project(Tensor x, long batch, long length)
    {
        Tensor Heads(Tensor t, long heads) => t.view(batch, length, heads, config.HeadSize);
        if (fused is null)
        {
            return (Heads(query!.forward(x), config.HeadCount), Heads(key!.forward(x), config.KeyValueHeadCount), Heads(value!.forward(x), config.KeyValueHeadCount));
        }

        long queries = (long)config.HeadCount * config.HeadSize, pairs = (long)config.KeyValueHeadCount * config.HeadSize;
        var all = fused.forward(x);
        return (Heads(all.narrow(-1, 0, queries), config.HeadCount),
            Heads(all.narrow(-1, queries, pairs), config.KeyValueHeadCount),
            Heads(all.narrow(-1, queries + pairs, pairs), config.KeyValueHeadCount));
    }

    /// <summary>q (B, H, T, S), k and v (B, K, T, S) → (B, T, H, S).</summary>
    private Tensor Mix(Tensor q, Tensor k, Tensor v, LayerMask mask, IPastKeyValues? past)
    {
        if (past is not null)
        {
            (k, v) = past.Append(layer, k, v);
            if (mask.Recent is { } recent)
            {
                (k, v) = (k.narrow(2, k.shape[2] - recent, recent), v.narrow(2, v.shape[2] - recent, recent));
            }
        }

        long batch = q.shape[0], length = q.shape[2], group = config.HeadCount / config.KeyValueHeadCount;
        if (group > 1 && length == 1)
        {
            // One query per head: the group takes the place of the query axis, and nothing is copied.
            var grouped = q.reshape(batch, config.KeyValueHeadCount, group, config.HeadSize);
            return nn.functional.scaled_dot_product_attention(grouped, k, v, mask.Additive).reshape(batch, 1, config.HeadCount, config.HeadSize);
        }

        return Scaled(q, Wide(k), Wide(v), mask).transpose(1, 2);
    }

    /// <summary>q, k, v (B, H, T, S) → (B, H, T, S).</summary>
    private Tensor Scaled(Tensor q, Tensor k, Tensor v, LayerMask mask)
    {
        var dropout = training ? Dropout : 0;
        if (mask.Sees is { } sees)
        {
            return q.requires_grad && is_grad_enabled() ? WithBlindQueries(q, k, v, mask.Additive!, sees, dropout)
                : nn.functional.scaled_dot_product_attention(q.mul(sees), k, v, mask.Additive, dropout);
        }

        return nn.functional.scaled_dot_product_attention(q, k, v, mask.Additive, dropout, mask.Causal);
    }

    /// <summary>
    /// Attention written out, for gradients through queries that see all keys alike: the scores of such a query count as zero but keep
    /// their gradient, as where a very low number is added to all of them. q, k, v (B, H, T, S) → (B, H, T, S).
    /// </summary>
    private static Tensor WithBlindQueries(Tensor q, Tensor k, Tensor v, Tensor additive, Tensor sees, double dropout)
    {
        long batch = q.shape[0], heads = q.shape[1], length = q.shape[2], size = q.shape[3], keys = k.shape[2];
        Tensor Flat(Tensor t) => t.reshape(batch * heads, -1, size);
        var scores = torch.bmm(Flat(q), Flat(k).transpose(1, 2)).div(torch.tensor(Math.Sqrt(size), q.dtype)).view(batch, heads, length, keys);
        var kept = scores.sub(scores.detach().mul(sees.logical_not()));
        var weights = kept.Plus(additive).softmax(-1);
        weights = dropout > 0 ? nn.functional.dropout(weights, dropout, training: true) : weights;
        return torch.bmm(weights.view(batch * heads, length, keys), Flat(v)).view(batch, heads, length, size);
    }

    /// <summary>A key/value head for each query head. (B, K, T, S) → (B, H, T, S)</summary>
    private Tensor Wide(Tensor t)
    {
        var s = t.shape;
        long group = config.HeadCount / config.KeyValueHeadCount;
        return group == 1 ? t : t.unsqueeze(2).expand(s[0], s[1], group, s[2], s[3]).reshape(s[0], s[1] * group, s[2], s[3]);
    }
}

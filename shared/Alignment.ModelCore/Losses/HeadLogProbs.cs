using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Losses;

/// <summary>Per-row statistics of a vocabulary head; all (N). Only <see cref="LogProbs"/> and <see cref="Entropy"/> carry gradients.</summary>
/// <param name="LogProbs">ℓ = z[y] − logsumexp(z).</param>
/// <param name="Entropy">Nats.</param>
/// <param name="LogSumSquaredProbs">log Σ p².</param>
/// <param name="MeanLogits">Mean of z over the vocabulary.</param>
/// <param name="IsTop1">1 where the target is the first maximum.</param>
public sealed record HeadStatistics(Tensor LogProbs, Tensor Entropy, Tensor LogSumSquaredProbs, Tensor MeanLogits, Tensor IsTop1);

/// <summary>
/// The vocabulary head and the log-probs of given tokens in one differentiable step that never holds (N, V) at once: rows are walked in
/// chunks, and the backward pass computes each chunk's logits again. With p = softmax(z) and H its entropy,
/// ∂/∂z = g_ℓ·(e_y − p) − g_H·p·(log p + H).
/// </summary>
public static class HeadLogProbs
{
    /// <summary><paramref name="hidden"/> (N, D), <paramref name="weight"/> (V, D), <paramref name="bias"/> (V) or null, <paramref name="targets"/> (N) int64.</summary>
    public static HeadStatistics Compute(Tensor hidden, Tensor weight, Tensor? bias, Tensor targets, HeadOptions? options = null)
    {
        var o = options ?? HeadOptions.Default;
        var r = bias is null ? Function.apply(hidden, weight, targets, o) : Function.apply(hidden, weight, bias, targets, o);
        return new(r[0], r[1], r[2].detach(), r[3].detach(), r[4].detach());
    }

    /// <summary>
    /// Unshifted labels through the head: hidden (B, T, D), labels (B, T) with −100 where nothing is scored. Only scored positions reach
    /// the head. Every result is (B, T−1), 0 where the mask is false.
    /// </summary>
    public static (HeadStatistics Statistics, Tensor Mask) Shifted(Tensor hidden, Tensor weight, Tensor? bias, Tensor labels, HeadOptions? options = null)
    {
        var (targets, mask) = Losses.LogProbs.ShiftedTargets(labels);
        long b = mask.shape[0], t = mask.shape[1], d = hidden.shape[2];
        var rows = mask.reshape(-1).nonzero().squeeze(-1);
        var s = Compute(hidden.narrow(1, 0, t).reshape(-1, d).index_select(0, rows), weight, bias, targets.reshape(-1).index_select(0, rows), options);
        Tensor Spread(Tensor v) => zeros([b * t], v.dtype, v.device).scatter(0, rows, v).reshape(b, t);
        return (new(Spread(s.LogProbs), Spread(s.Entropy), Spread(s.LogSumSquaredProbs), Spread(s.MeanLogits), Spread(s.IsTop1)), mask);
    }

    private sealed class Function : autograd.MultiTensorFunction<Function>
    {
        public override string Name => nameof(HeadLogProbs);

        public override List<Tensor> forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var (hidden, weight, bias, targets, options) = Unpack(vars);
            var chunks = new List<Tensor[]>();
            var kept = new List<Tensor>();
            long n = hidden.shape[0], rows = options.RowsPerChunk(weight.shape[0]);
            var keep = n * weight.shape[0] <= options.KeptElements;
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            for (long start = 0; start < n; start += rows)
            {
                using var chunk = NewDisposeScope();
                var count = Math.Min(rows, n - start);
                var z = HeadLogits.Compute(hidden.narrow(0, start, count), weight, bias, options);
                var logP = nn.functional.log_softmax(z, -1);
                chunks.Add([.. Statistics(z, logP, targets.narrow(0, start, count), options.Statistics).Select(t => t.MoveToOuterDisposeScope())]);
                if (keep)
                {
                    kept.Add((options.Softcap is null ? logP : z).MoveToOuterDisposeScope());
                }
            }

            var dtype = hidden.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
            var results = Enumerable.Range(0, 5).Select(i => (n == 0 ? zeros([0], dtype) : cat(chunks.Select(c => c[i]).ToArray())).MoveToOuterDisposeScope()).ToList();
            kept.ForEach(t => t.MoveToOuterDisposeScope());
            ctx.save_for_backward([hidden, weight, targets, results[1], .. bias is null ? Array.Empty<Tensor>() : [bias], .. kept]);
            ctx.save_data("options", options);
            ctx.save_data("bias", bias is not null);
            return results;
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, List<Tensor> grads)
        {
            var saved = ctx.get_saved_variables();
            Tensor hidden = saved[0], weight = saved[1], targets = saved[2], entropy = saved[3];
            var hasBias = (bool)ctx.get_data("bias");
            var bias = hasBias ? saved[4] : null;
            var kept = saved.Skip(hasBias ? 5 : 4).ToList();
            var options = (HeadOptions)ctx.get_data("options");
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            var gradHidden = zeros_like(hidden);
            var gradWeight = weight.requires_grad ? zeros_like(weight) : null;
            var gradBias = bias is null ? null : zeros_like(bias);
            var useEntropy = grads[1].count_nonzero().item<long>() > 0;
            long n = hidden.shape[0], rows = options.RowsPerChunk(weight.shape[0]);
            for (long start = 0; start < n; start += rows)
            {
                using var chunk = NewDisposeScope();
                var count = Math.Min(rows, n - start);
                Tensor Part(Tensor t) => t.narrow(0, start, count);
                var h = Part(hidden);
                var own = kept.Count > 0 ? kept[(int)(start / rows)] : null;

                // z itself is needed on the way back through a soft cap alone.
                var z = own is not null && options.Softcap is null ? null : own ?? HeadLogits.Compute(h, weight, bias, options);
                var logP = z is null ? own! : nn.functional.log_softmax(z, -1);
                var gradZ = GradZ(logP, Part(targets), useEntropy ? Part(entropy) : null, Part(grads[0]), Part(grads[1]));
                var g = HeadLogits.Backward(gradZ, z ?? logP, options, h.dtype);
                Part(gradHidden).copy_(g.mm(weight));
                gradWeight?.addmm_(g.t(), h);
                gradBias?.add_(g.sum([0L]), One);
            }

            gradHidden.MoveToOuterDisposeScope();
            gradWeight?.MoveToOuterDisposeScope();
            gradBias?.MoveToOuterDisposeScope();
            return bias is null ? [gradHidden, gradWeight!, null!, null!] : [gradHidden, gradWeight!, gradBias!, null!, null!];
        }

        private static readonly Scalar One = 1;

        private static (Tensor Hidden, Tensor Weight, Tensor? Bias, Tensor Targets, HeadOptions Options) Unpack(object[] vars) => vars.Length == 4
            ? ((Tensor)vars[0], (Tensor)vars[1], null, (Tensor)vars[2], (HeadOptions)vars[3])
            : ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2], (Tensor)vars[3], (HeadOptions)vars[4]);

        private static Tensor[] Statistics(Tensor z, Tensor logP, Tensor targets, bool all)
        {
            var logProbs = logP.gather(-1, targets.unsqueeze(-1)).squeeze(-1);
            if (!all)
            {
                return [logProbs, .. Enumerable.Range(0, 4).Select(_ => zeros_like(logProbs))];
            }

            var p = logP.exp();
            return
            [
                logProbs,
                p.Times(logP.Filled(logP.isneginf(), 0)).SumLast().neg(),
                p.Squared().SumLast().log(),
                z.mean([-1L]),
                z.argmax(-1).eq(targets).to_type(z.dtype),
            ];
        }

        /// <param name="entropy">Null where no gradient comes through the entropies.</param>
        private static Tensor GradZ(Tensor logP, Tensor targets, Tensor? entropy, Tensor gradLogProb, Tensor gradEntropy)
        {
            var g = gradLogProb.unsqueeze(-1);
            var inner = entropy is null ? g : logP.Filled(logP.isneginf(), 0).Plus(entropy.unsqueeze(-1)).Times(gradEntropy.unsqueeze(-1)).Plus(g);
            return logP.exp().mul_(inner.neg()).scatter_add_(-1, targets.unsqueeze(-1), g);
        }
    }
}

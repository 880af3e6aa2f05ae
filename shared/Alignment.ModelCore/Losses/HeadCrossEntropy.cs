using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Losses;

/// <summary>
/// The vocabulary head with token-normalised cross-entropy, chunk by chunk. Because the loss is a fixed weighted sum, each chunk's
/// gradient (wₜ/N·(p − e_y)) is made in the forward pass and the logits are computed once: cheaper than <see cref="HeadLogProbs"/>.
/// </summary>
internal static class HeadCrossEntropy
{
    internal static SftResult Compute(Tensor hidden, Tensor weight, Tensor? bias, Tensor labels, double? denominator, Tensor? weights, HeadOptions? options, double smoothing = 0)
    {
        var (targets, mask) = LogProbs.ShiftedTargets(labels);
        long t = mask.shape[1], d = hidden.shape[2];
        var rows = mask.reshape(-1).nonzero().squeeze(-1);
        var dtype = hidden.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
        var w = SftLoss.Shift(weights)?.reshape(-1).index_select(0, rows).to_type(dtype) ?? ones([rows.shape[0]], dtype, hidden.device);
        var count = full([], rows.shape[0], dtype, hidden.device);
        var n = denominator is { } given ? full_like(count, given) : weights is null ? count : w.sum();
        var o = options ?? HeadOptions.Default;
        var h = hidden.narrow(1, 0, t).reshape(-1, d).index_select(0, rows);
        var y = targets.reshape(-1).index_select(0, rows);
        var scale = w.Over(n);
        var r = bias is null ? Function.apply(h, weight, y, scale, (o, smoothing)) : Function.apply(h, weight, bias, y, scale, (o, smoothing));
        return new(r[0], r[1].detach(), count, n, r[2].detach());
    }

    private sealed class Function : autograd.MultiTensorFunction<Function>
    {
        public override string Name => nameof(HeadCrossEntropy);

        private static readonly Scalar One = 1;

        public override List<Tensor> forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var hasBias = vars.Length == 6;
            Tensor hidden = (Tensor)vars[0], weight = (Tensor)vars[1];
            var bias = hasBias ? (Tensor)vars[2] : null;
            Tensor targets = (Tensor)vars[^3], scale = (Tensor)vars[^2];
            var (options, smoothing) = ((HeadOptions, double))vars[^1];
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            var gradHidden = hidden.requires_grad ? zeros_like(hidden) : null;
            var gradWeight = weight.requires_grad ? zeros_like(weight) : null;
            var gradBias = bias is { requires_grad: true } ? zeros_like(bias) : null;
            Tensor loss = zeros([], scale.dtype, hidden.device), nll = zeros_like(loss), correct = zeros_like(loss);
            long n = hidden.shape[0], rows = options.RowsPerChunk(weight.shape[0]);
            for (long start = 0; start < n; start += rows)
            {
                using var chunk = NewDisposeScope();
                var count = Math.Min(rows, n - start);
                Tensor h = hidden.narrow(0, start, count), y = targets.narrow(0, start, count), s = scale.narrow(0, start, count);
                var z = HeadLogits.Compute(h, weight, bias, options);
                var lse = z.logsumexp(-1, keepdim: true);
                var minus = lse.Minus(z.gather(-1, y.unsqueeze(-1))).squeeze(-1);
                var uniform = smoothing == 0 ? null : lse.squeeze(-1).Minus(z.mean([-1L]));
                loss.add_((uniform is null ? minus : minus.Times(1 - smoothing).Plus(uniform.Times(smoothing))).Times(s).sum(), One);
                nll.add_(minus.sum(), One);
                correct.add_(z.argmax(-1).eq(y).sum().to_type(scale.dtype), One);
                if (gradHidden is null && gradWeight is null && gradBias is null)
                {
                    continue;
                }

                // (p − ε/V − (1 − ε)·e_y)·w, with ε = 0 the plain p − e_y.
                var p = z.Minus(lse).exp_();
                p = smoothing == 0 ? p : p.Minus(smoothing / z.shape[1]);
                var gradZ = p.mul_(s.unsqueeze(-1)).scatter_add_(-1, y.unsqueeze(-1), s.unsqueeze(-1).Times(smoothing - 1));
                var g = HeadLogits.Backward(gradZ, z, options, h.dtype);
                gradHidden?.narrow(0, start, count).copy_(g.mm(weight));
                gradWeight?.addmm_(g.t(), h);
                gradBias?.add_(g.sum([0L]), One);
            }

            Tensor?[] gradients = [gradHidden, gradWeight, gradBias];
            ctx.save_for_backward([.. gradients.OfType<Tensor>().Select(g => g.MoveToOuterDisposeScope())]);
            ctx.save_data("present", gradients.Select(g => g is not null).ToArray());
            ctx.save_data("bias", hasBias);
            return [loss.MoveToOuterDisposeScope(), nll.MoveToOuterDisposeScope(), correct.MoveToOuterDisposeScope()];
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, List<Tensor> grads)
        {
            var saved = new Queue<Tensor>(ctx.get_saved_variables());
            using var noGrad = no_grad();
            var g = ((bool[])ctx.get_data("present")).Select(p => p ? saved.Dequeue().mul(grads[0].to_type(ScalarType.Float64)) : null!).ToList();
            return (bool)ctx.get_data("bias") ? [g[0], g[1], g[2], null!, null!, null!] : [g[0], g[1], null!, null!, null!];
        }
    }
}

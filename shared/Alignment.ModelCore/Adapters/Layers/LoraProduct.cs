using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Adapters.Layers;

/// <summary>
/// y = x·Wᵀ + b + s·(x·Aᵀ)·Bᵀ with W and b frozen, as one step of the graph. Beside the two large products nothing as wide as x or y is
/// read or written more often than it must be: what the thin matrices add is summed inside their products, on the way there (y) and on the
/// way back (∂/∂x), and s acts on the thin side alone. With n = s·x·Aᵀ and g = s·∂y·B: ∂A = gᵀ·x, ∂B = ∂yᵀ·n, ∂x = ∂y·W + g·A.
/// </summary>
internal static class LoraProduct
{
    /// <summary>input (…, in), weight (out, in), bias (out) or null, a (r, in), b (out, r) → (…, out).</summary>
    internal static Tensor Compute(Tensor input, Tensor weight, Tensor? bias, Tensor a, Tensor b, Scalar scale) => bias is null
        ? Function.apply(input, a, b, weight, scale)
        : Function.apply(input, a, b, weight, bias, scale);

    private sealed class Function : autograd.SingleTensorFunction<Function>
    {
        public override string Name => nameof(LoraProduct);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            Tensor input = (Tensor)vars[0], a = (Tensor)vars[1], b = (Tensor)vars[2], weight = (Tensor)vars[3];
            using var scope = NewDisposeScope();
            using var none = no_grad();
            var rows = input.reshape(-1, input.shape[^1]);
            var narrow = nn.functional.linear(rows, a).mul_((Scalar)vars[^1]);
            var y = nn.functional.linear(rows, weight, vars.Length > 5 ? (Tensor)vars[4] : null).addmm_(narrow, b.t());
            ctx.save_for_backward([rows.MoveToOuterDisposeScope(), a, b, weight, narrow.MoveToOuterDisposeScope()]);
            ctx.save_data("scale", vars[^1]);
            ctx.save_data("shape", input.shape);
            ctx.save_data("inputs", vars.Length);
            ctx.save_data("deeper", input.requires_grad);
            return y.view([.. input.shape[..^1], y.shape[1]]).MoveToOuterDisposeScope();
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor gradient)
        {
            var saved = ctx.get_saved_variables();
            Tensor rows = saved[0], a = saved[1], b = saved[2], weight = saved[3], narrow = saved[4];
            using var scope = NewDisposeScope();
            using var none = no_grad();
            var dy = gradient.reshape(-1, gradient.shape[^1]);
            var g = dy.mm(b).mul_((Scalar)ctx.get_data("scale"));
            var da = g.t().mm(rows).MoveToOuterDisposeScope();
            var db = dy.t().mm(narrow).MoveToOuterDisposeScope();
            var dx = (bool)ctx.get_data("deeper") ? dy.mm(weight).addmm_(g, a).view((long[])ctx.get_data("shape")).MoveToOuterDisposeScope() : null;
            return [dx!, da, db, .. new Tensor[(int)ctx.get_data("inputs") - 3]];
        }
    }
}

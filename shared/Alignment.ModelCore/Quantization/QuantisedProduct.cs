using Alignment.ModelCore.Native;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Quantization;

/// <summary>
/// x·Wᵀ with W restored into a scratch buffer for the product alone, and ∂/∂x = g·W with W restored once more on the way back: autograd
/// keeps neither the restored weight nor x, because the base gets no gradient.
/// </summary>
internal static class QuantisedProduct
{
    /// <summary>input (…, in), bias (out) or null → (…, out), in the dtype of <paramref name="input"/>.</summary>
    internal static Tensor Compute(Tensor input, QuantisedWeight weight, Tensor? bias)
    {
        var learning = is_grad_enabled();
        var later = learning && bias is { requires_grad: true } ? bias : null;
        var inside = later is null ? bias : null;
        var y = !learning || !input.requires_grad ? weight.Product(input, inside)
            : inside is null ? Function.apply(input, weight)
            : Function.apply(input, weight, inside);
        return later is null ? y : y.Plus(later);
    }

    private sealed class Function : autograd.SingleTensorFunction<Function>
    {
        public override string Name => nameof(QuantisedProduct);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var weight = (QuantisedWeight)vars[1];
            ctx.save_data("weight", weight);
            ctx.save_data("inputs", vars.Length);
            return weight.Product((Tensor)vars[0], vars.Length > 2 ? (Tensor)vars[2] : null);
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor gradient)
        {
            var weight = (QuantisedWeight)ctx.get_data("weight");
            using var none = no_grad();
            using var scratch = ScratchBuffers.Rent(weight.OutFeatures * weight.InFeatures, gradient.dtype);
            using var w = weight.RestoreInto(scratch.Buffer);
            using var rows = gradient.reshape(-1, weight.OutFeatures);
            using var product = rows.mm(w);
            var shape = gradient.shape;
            shape[^1] = weight.InFeatures;
            var result = product.view(shape);
            return (int)ctx.get_data("inputs") > 2 ? [result, null!, null!] : [result, null!];
        }
    }
}

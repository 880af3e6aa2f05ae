using static TorchSharp.torch;

namespace Alignment.ModelCore.Checkpointing.Conversions;

/// <summary>GPT-2's Conv1D keeps W as [in, out] and computes x·W + b; a linear layer keeps [out, in].</summary>
public static class Conv1DWeights
{
    private static readonly string[] Suffixes = ["attn.c_attn.weight", "attn.c_proj.weight", "mlp.c_fc.weight", "mlp.c_proj.weight"];

    /// <summary>Whether a GPT-2 checkpoint keeps this tensor as [in, out].</summary>
    public static bool IsTransposed(string name) => Suffixes.Any(s => name.EndsWith(s, StringComparison.Ordinal));

    /// <summary>[in, out] ↔ [out, in], an exact copy.</summary>
    public static Tensor Transpose(Tensor weight) => weight.t().contiguous();

    /// <summary>Linear weights (or biases) of q, k and v from c_attn: columns [in, 3·E] in this order become rows.</summary>
    public static (Tensor Query, Tensor Key, Tensor Value) SplitAttention(Tensor fused)
    {
        var rows = fused.dim() == 1 ? fused : Transpose(fused);
        var width = rows.shape[0] / 3;
        return (rows.narrow(0, 0, width).contiguous(), rows.narrow(0, width, width).contiguous(), rows.narrow(0, 2 * width, width).contiguous());
    }
}

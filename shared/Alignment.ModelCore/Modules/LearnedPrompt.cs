using Alignment.ModelCore.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Modules;

/// <summary>
/// A learned context of n places in front of every text: virtual tokens among the embeddings (prompt tuning, P-tuning) or keys and
/// values in every layer (prefix tuning). The text's positions begin at n, whatever padding stands between.
/// </summary>
public abstract class LearnedPrompt
{
    /// <summary>n.</summary>
    public abstract long Length { get; }

    /// <summary>Hidden states of the text x (B, T, D), or with the virtual tokens' in front.</summary>
    /// <param name="mask">(B, T), of the text.</param>
    /// <param name="positions">(B, T), counted from the text's beginning.</param>
    /// <param name="past">An empty cache that receives the prompt too, or null.</param>
    public abstract Tensor Read(Decoder decoder, Tensor x, Tensor? mask, Tensor? positions, IPastKeyValues? past, bool withPrompt);

    /// <summary>(B, T) → (B, n + T), the prompt kept.</summary>
    protected Tensor? Extend(Tensor? mask) => mask is null ? null
        : mask.dim() == 2 ? torch.cat([torch.ones([mask.shape[0], Length], mask.dtype), mask], 1)
        : throw new ArgumentException("A learned prompt needs a mask of the form (B, T).", nameof(mask));

    /// <summary>The text's positions after the prompt. Packed documents are refused: they would share one prompt.</summary>
    protected Tensor? Shift(Tensor? positions, Tensor? mask)
    {
        if (positions is null)
        {
            return null;
        }

        var length = positions.shape[1];
        if (mask is null && length > 1 && positions.narrow(1, 1, length - 1).sub(positions.narrow(1, 0, length - 1)).ne(Scalars.LongOne).any().item<bool>())
        {
            throw new NotSupportedException("Packed rows cannot be used with a learned prompt (prefix tuning, prompt tuning, P-tuning): set packing: none.");
        }

        using var n = (Scalar)Length;
        return positions.add(n);
    }
}

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

    /// <summary>The prompt's columns before the text's: (B, T) → (B, n + T), (B, T, T) → (B, T, n + T).</summary>
    protected Tensor? WithColumns(Tensor? mask) => mask is null ? null
        : torch.cat([torch.ones([.. mask.shape[..^1], Length], mask.dtype), mask], -1);

    /// <summary>The prompt's rows and columns before the text's, where the mask has rows: (B, T, T) → (B, n + T, n + T).</summary>
    protected Tensor? WithRows(Tensor? mask)
    {
        var wide = WithColumns(mask);
        return wide is null || wide.dim() == 2 ? wide
            : torch.cat([torch.cat([torch.ones([wide.shape[0], Length, Length], wide.dtype), torch.zeros([wide.shape[0], Length, mask!.shape[2]], wide.dtype)], 2), wide], 1);
    }

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

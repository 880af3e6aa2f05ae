using Alignment.ModelCore.Losses;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Rollouts;

/// <summary>Masks over response tokens, always from lengths, never from ids alone: with pad = EOS a mask of ids would drop the true EOS.</summary>
public static class ResponseMasks
{
    /// <summary>(B) lengths → (B, T): true on the first n tokens.</summary>
    public static Tensor FromLengths(Tensor lengths, long width) => arange(width, ScalarType.Int64, device: lengths.device).unsqueeze(0).lt(lengths.unsqueeze(-1));

    /// <summary>TRL's <c>mask_truncated_completions</c>: rows that never emitted EOS count nothing. (B, T), (B) bool → (B, T).</summary>
    public static Tensor DropTruncated(Tensor mask, Tensor endsWithEos) => mask.Times(endsWithEos.to_type(mask.dtype).unsqueeze(-1));

    /// <summary>Length up to and including the first stop token, or the full width where there is none. (B, T) → (B) int64.</summary>
    public static Tensor LengthsToStop(Tensor responses, long stopTokenId)
    {
        var isStop = responses.Is(stopTokenId);
        var first = isStop.to_type(ScalarType.Int64).argmax(-1).Plus(1);
        return where(isStop.any(-1), first, full_like(first, responses.shape[1])).to_type(ScalarType.Int64);
    }

    /// <summary>Ids after the first stop token become padding; the mask is 1 up to and including it. Rows without one stay as they are. (B, T)</summary>
    public static (Tensor Ids, Tensor Mask) TruncateRight(Tensor ids, long stopTokenId, long padTokenId)
    {
        var keep = FromLengths(LengthsToStop(ids, stopTokenId), ids.shape[1]);
        return (ids.Filled(keep.logical_not(), padTokenId), keep.to_type(ScalarType.Int64));
    }

    /// <summary>(B) bool: the response holds the token.</summary>
    public static Tensor Contains(Tensor responses, long tokenId) => responses.Is(tokenId).any(-1);

    /// <summary>Index of the last token before the first padding id, T − 1 without padding; −1 for an empty response (TRL's rule). (B, T) → (B) int64.</summary>
    public static Tensor LastTokenBeforePadding(Tensor responses, long padTokenId)
    {
        var first = responses.Is(padTokenId).to_type(ScalarType.Int64).argmax(-1);
        return where(Contains(responses, padTokenId), first, full_like(first, responses.shape[1])).Plus(-1).to_type(ScalarType.Int64);
    }
}

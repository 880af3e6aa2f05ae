using static TorchSharp.torch;

namespace Alignment.ModelCore.Modules;

/// <summary>Where the tokens of a batch stand: a run from <see cref="Start"/> shared by all rows, or <see cref="Ids"/> (B, T).</summary>
public sealed record Positions(long Length, long? Start, Tensor? Ids, long Largest)
{
    public static Positions Run(long start, long length) => new(length, start, null, start + length - 1);

    /// <param name="ids">(B, T) int64</param>
    public static Positions From(Tensor ids) => new(ids.shape[1], null, ids, ids.numel() == 0 ? 0 : ids.max().item<long>());
}

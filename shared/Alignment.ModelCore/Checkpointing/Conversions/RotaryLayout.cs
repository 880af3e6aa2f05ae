using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Checkpointing.Conversions;

/// <summary>
/// Meta's checkpoints rotate neighbouring pairs (x₂ᵢ, x₂ᵢ₊₁), Hugging Face's rotate halves (xᵢ, xᵢ₊S/2). Rows of q and k projections,
/// their biases and per-head norms are permuted within each head: first all even rows, then all odd ones.
/// </summary>
public static class RotaryLayout
{
    /// <summary>New row r of a head comes from this old row.</summary>
    public static int[] SourceRows(int headSize) => [.. Enumerable.Range(0, headSize).Select(r => r < headSize / 2 ? 2 * r : (2 * (r - (headSize / 2))) + 1)];

    /// <summary>Meta → Hugging Face. t (heads·S, …), or (S) for a per-head norm.</summary>
    public static Tensor ToHalves(Tensor t, int headSize) => Permute(t, headSize, SourceRows(headSize), 0);

    /// <summary>Hugging Face → Meta.</summary>
    public static Tensor ToPairs(Tensor t, int headSize) => Permute(t, headSize, Inverse(SourceRows(headSize)), 0);

    /// <summary>The same along the last axis of activations (…, S).</summary>
    public static Tensor ActivationsToHalves(Tensor x) => Permute(x, (int)x.shape[^1], SourceRows((int)x.shape[^1]), -1);

    /// <summary>Rotates neighbouring pairs. x (B, T, heads, S); positions (B, T); inverse frequencies (S/2).</summary>
    public static Tensor RotatePairs(Tensor x, Tensor positions, IReadOnlyList<double> inverseFrequencies)
    {
        var angles = positions.to_type(ScalarType.Float64).unsqueeze(-1).mul(torch.tensor(inverseFrequencies.ToArray(), ScalarType.Float64)).unsqueeze(2);
        Tensor cos = angles.cos().to_type(x.dtype), sin = angles.sin().to_type(x.dtype);
        var pairs = x.reshape([.. x.shape[..^1], x.shape[^1] / 2, 2]);
        Tensor even = pairs.select(-1, 0), odd = pairs.select(-1, 1);
        return torch.stack([even.mul(cos).sub(odd.mul(sin)), Native.Scalars.Plus(even.mul(sin), odd.mul(cos))], -1).reshape(x.shape);
    }

    private static Tensor Permute(Tensor t, int headSize, int[] source, long dim)
    {
        var heads = t.shape[dim == 0 ? 0 : ^1] / headSize;
        var index = Enumerable.Range(0, (int)heads).SelectMany(h => source.Select(s => ((long)h * headSize) + s)).ToArray();
        return t.index_select(dim, torch.tensor(index));
    }

    private static int[] Inverse(int[] source)
    {
        var inverse = new int[source.Length];
        for (var r = 0; r < source.Length; r++)
        {
            inverse[source[r]] = r;
        }

        return inverse;
    }
}

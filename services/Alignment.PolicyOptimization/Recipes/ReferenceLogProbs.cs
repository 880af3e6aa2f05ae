using System.Security.Cryptography;
using System.Text;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Recipes;

/// <summary>
/// The reference's log-probability of each side of each pair, computed once and kept as a file named after the SHA-256 of what it
/// depends on: reference, rows, length weighting. A later run on the same rows finds it and never loads the reference.
/// </summary>
public sealed class ReferenceLogProbs
{
    private readonly double[] chosen;
    private readonly double[] rejected;

    private ReferenceLogProbs(double[] chosen, double[] rejected) => (this.chosen, this.rejected) = (chosen, rejected);

    /// <summary>(B) each, for the pairs at these indices.</summary>
    public (Tensor Chosen, Tensor Rejected) Of(IReadOnlyList<int> pairs, ScalarType dtype) =>
        (tensor(pairs.Select(i => chosen[i]).ToArray(), dtype), tensor(pairs.Select(i => rejected[i]).ToArray(), dtype));

    /// <summary>Reads the artifact, or makes it with <paramref name="reference"/> (frozen, in evaluation mode).</summary>
    public static ReferenceLogProbs FindOrMake(string folder, string referenceDigest, IReadOnlyList<TokenPair> pairs, double ldAlpha, int batchSize, int padId, Func<CausalModel> reference, Action<string> say)
    {
        var path = Path.Combine(folder, $"reference-logprobs-{Key(referenceDigest, pairs, ldAlpha)}.safetensors");
        if (!File.Exists(path))
        {
            say($"computing the reference log-probabilities of {pairs.Count} pairs, once");
            Make(path, pairs, ldAlpha, batchSize, padId, reference());
        }

        using var scope = NewDisposeScope();
        using var file = SafeTensorsFile.Open(path);
        return new(file.Read("chosen").ToDoubles(), file.Read("rejected").ToDoubles());
    }

    private static string Key(string reference, IReadOnlyList<TokenPair> pairs, double ldAlpha) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"1 {reference} {DataDigest.Of(pairs)} {ldAlpha:R}"))));

    private static void Make(string path, IReadOnlyList<TokenPair> pairs, double ldAlpha, int batchSize, int padId, CausalModel reference)
    {
        var chosen = new double[pairs.Count];
        var rejected = new double[pairs.Count];
        using var none = no_grad();
        foreach (var batch in Enumerable.Range(0, pairs.Count).OrderBy(i => pairs[i].Length).Chunk(batchSize))
        {
            using var inner = NewDisposeScope();
            var sums = PairLogProbs.Of(reference, [.. batch.Select(i => pairs[i])], padId, ldAlpha).Sums.ToDoubles();
            for (var i = 0; i < batch.Length; i++)
            {
                (chosen[batch[i]], rejected[batch[i]]) = (sums[i], sums[batch.Length + i]);
            }
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var scope = NewDisposeScope();
        SafeTensorsWriter.Write(path, [("chosen", tensor(chosen)), ("rejected", tensor(rejected))]);
    }
}

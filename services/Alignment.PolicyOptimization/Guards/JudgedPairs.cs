using Alignment.ModelCore.Data;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Recipes;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Guards;

/// <summary>Held-out pairs that people judged, against the policy's implicit reward log π − log π_ref (Rafailov et al. 2023, eq. 5).</summary>
public sealed class JudgedPairs
{
    private const int BatchSize = 32;
    private readonly IReadOnlyList<TokenPair> pairs;
    private readonly int padId;
    private readonly double[] reference;

    private JudgedPairs(IReadOnlyList<TokenPair> pairs, int padId, double[] reference) => (this.pairs, this.padId, this.reference) = (pairs, padId, reference);

    public static JudgedPairs Of(RowEncoder encoder, IEnumerable<PreferenceRow> rows, ProbeReference reference)
    {
        var pairs = encoder.Encode([.. rows]);
        return new(pairs, encoder.PadId, reference.Use(m => Margins(m, pairs, encoder.PadId)));
    }

    /// <summary>Share of pairs whose chosen answer gained more than the rejected one (a tie is half), and the mean gain in nats.</summary>
    public (double Accuracy, double Margin) Of(CausalModel policy)
    {
        var gains = Margins(policy, pairs, padId).Zip(reference, (now, then) => now - then).ToList();
        return (gains.Average(g => g > 0 ? 1 : g < 0 ? 0 : 0.5), gains.Average());
    }

    private static double[] Margins(CausalModel model, IReadOnlyList<TokenPair> pairs, int padId)
    {
        using var none = no_grad();
        var margins = new double[pairs.Count];
        foreach (var batch in Enumerable.Range(0, pairs.Count).OrderBy(i => pairs[i].Length).Chunk(BatchSize))
        {
            using var scope = NewDisposeScope();
            var sums = PairLogProbs.Of(model, [.. batch.Select(i => pairs[i])], padId, new PairForward()).Sums.ToDoubles();
            for (var i = 0; i < batch.Length; i++)
            {
                margins[batch[i]] = sums[i] - sums[batch.Length + i];
            }
        }

        return margins;
    }
}

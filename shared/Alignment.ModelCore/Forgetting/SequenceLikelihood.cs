using Alignment.ModelCore.Data;
using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Forgetting;

/// <summary>log p(sequence) = Σ log p(tokenₜ | before) over tokens 2..n, no length normalisation: the example of a language model's Fisher.</summary>
public static class SequenceLikelihood
{
    /// <summary>Scalar with a graph; every token of <paramref name="ids"/> counts but the first, which nothing precedes.</summary>
    public static Tensor LogProb(CausalModel model, IReadOnlyList<int> ids) => LogProb(x => model.Hidden(x), model.HeadWeight, ids);

    /// <summary>The same through any body and head. hidden: (1, n) → (1, n, D); head (V, D).</summary>
    public static Tensor LogProb(Func<Tensor, Tensor> hidden, Tensor head, IReadOnlyList<int> ids)
    {
        var batch = TokenBatch.Of([TokenRow.Of([], [.. ids])], padId: 0);
        return SftLoss.FromHidden(hidden(batch.InputIds), head, null, batch.Labels, denominator: 1).Loss.neg();
    }
}

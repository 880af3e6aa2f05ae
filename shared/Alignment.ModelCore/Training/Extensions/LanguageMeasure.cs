using Alignment.ModelCore.Data;
using Alignment.ModelCore.Losses;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Training.Extensions;

/// <summary>Next-token predictions over a set of rows.</summary>
/// <param name="Loss">Mean −log p per learned token, nats.</param>
/// <param name="Accuracy">Share of learned tokens that the model ranks first.</param>
internal sealed record LanguageMeasure(double Loss, double Accuracy, long Tokens)
{
    public double Perplexity => Math.Exp(Loss);

    /// <param name="score">The supervised loss of a batch of rows; called without gradients.</param>
    public static LanguageMeasure Of(IReadOnlyList<TokenRow> rows, int batchSize, Func<IReadOnlyList<TokenRow>, SftResult> score)
    {
        using var none = no_grad();
        var (sum, correct, tokens) = (0.0, 0.0, 0L);
        foreach (var batch in rows.OrderBy(r => r.Ids.Length).Chunk(batchSize))
        {
            using var scope = NewDisposeScope();
            var result = score(batch);
            (sum, correct, tokens) = (sum + result.NegativeLogLikelihoodSum.ToDouble(), correct + result.CorrectCount!.ToDouble(), tokens + batch.Sum(r => (long)r.Targets));
        }

        return new(sum / tokens, correct / tokens, tokens);
    }
}

using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using static TorchSharp.torch;

namespace Alignment.Evaluation.Recipes;

/// <summary>How well a model expects some texts.</summary>
/// <param name="Rows">Texts scored.</param>
/// <param name="Tokens">Tokens scored; the first of a row and padding are not.</param>
/// <param name="NegativeLogLikelihood">Mean −log p per token, nats.</param>
/// <param name="Perplexity">e to that power.</param>
/// <param name="BitsPerByte">−log₂ p of all tokens over the UTF-8 bytes of the texts: comparable between tokenizers. NaN for conversations.</param>
/// <param name="RowNegativeLogLikelihoods">Per row, mean per token: for paired tests between two models.</param>
public sealed record PerplexityResult(int Rows, long Tokens, double NegativeLogLikelihood, double Perplexity, double BitsPerByte, IReadOnlyList<double> RowNegativeLogLikelihoods);

/// <summary>Perplexity on held-out text or conversations. Rows longer than <c>maxLength</c> are scored on their first tokens.</summary>
public static class PerplexityRecipe
{
    /// <summary>Scores documents: bare text on every token, conversations on the assistant's tokens.</summary>
    public static PerplexityResult Run(string model, IReadOnlyList<Document> documents, int maxLength, int batchSize, CancellationToken cancellation)
    {
        var encoder = RowEncoder.Load(model);
        var rows = documents.Select(d => (d.Conversation is { } c ? encoder.Encode(c, "assistant") : Whole(encoder.Encode(d))).Truncate(maxLength, keepEnd: false)).ToList();
        using var causal = CheckpointReader.LoadCausal(model, ScalarType.Float32);
        var sums = Score(causal, rows, encoder.PadId, batchSize, cancellation);
        var tokens = rows.Sum(r => (long)r.Targets);
        var mean = sums.Sum() / tokens;
        var cut = rows.Any(r => r.Ids.Length >= maxLength);
        var bytes = documents.Sum(d => d.Text is null ? double.NaN : System.Text.Encoding.UTF8.GetByteCount(d.Text));
        return new(rows.Count, tokens, mean, Math.Exp(mean), cut ? double.NaN : sums.Sum() / Math.Log(2) / bytes, [.. sums.Zip(rows, (s, r) => s / r.Targets)]);
    }

    /// <summary>Σ −log p over each row's targets.</summary>
    public static double[] Score(CausalModel model, IReadOnlyList<TokenRow> rows, int padId, int batchSize, CancellationToken cancellation)
    {
        model.eval();
        var sums = new double[rows.Count];
        using var none = no_grad();
        foreach (var indices in Enumerable.Range(0, rows.Count).OrderBy(i => rows[i].Ids.Length).Chunk(batchSize))
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var batch = TokenBatch.Of([.. indices.Select(i => rows[i])], padId);
            var (statistics, mask) = HeadLogProbs.Shifted(model.Hidden(batch.InputIds), model.HeadWeight, null, batch.Labels);
            var scored = SequenceLogProbs.Sum(statistics.LogProbs, mask).ToDoubles();
            for (var i = 0; i < indices.Length; i++)
            {
                sums[indices[i]] = -scored[i];
            }
        }

        return sums;
    }

    /// <summary>−log p of each of the rows' targets, and whether the model ranks it first.</summary>
    public static IReadOnlyList<IReadOnlyList<(double NegativeLogLikelihood, bool First)>> Tokens(CausalModel model, IReadOnlyList<TokenRow> rows, int padId, int batchSize, CancellationToken cancellation)
    {
        model.eval();
        var scored = new List<(double, bool)>[rows.Count];
        using var none = no_grad();
        foreach (var indices in Enumerable.Range(0, rows.Count).OrderBy(i => rows[i].Ids.Length).Chunk(batchSize))
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var batch = TokenBatch.Of([.. indices.Select(i => rows[i])], padId);
            var (statistics, mask) = HeadLogProbs.Shifted(model.Hidden(batch.InputIds), model.HeadWeight, null, batch.Labels);
            var (logProbs, first, kept, width) = (statistics.LogProbs.ToDoubles(), statistics.IsTop1.ToDoubles(), mask.to_type(ScalarType.Bool).data<bool>().ToArray(), (int)mask.shape[1]);
            for (var i = 0; i < indices.Length; i++)
            {
                scored[indices[i]] = [.. Enumerable.Range(i * width, width).Where(p => kept[p]).Select(p => (-logProbs[p], first[p] > 0))];
            }
        }

        return scored;
    }

    private static TokenRow Whole(int[] ids) => TokenRow.Of([], ids);
}

using Alignment.ModelCore.Data;
using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training.Extensions;

namespace Alignment.ModelCore.Training;

/// <summary>How a recipe measures its model on rows: <c>evaluation.data</c>, or without it some of the rows it learns from.</summary>
/// <param name="Measure">The numbers by name (<c>eval_loss</c> …); leaves weights, mode and torch's generator as they were.</param>
/// <param name="Score">Which of them says how well the task is done, 0 to 1, higher being better; null: none does, so that the forgetting table has no row of the task.</param>
/// <param name="DataDigest">Identifies the rows.</param>
public sealed record HeldOut(Func<IReadOnlyDictionary<string, double>> Measure, string? Score, string DataDigest)
{
    /// <summary>Rows measured where there is no held-out file.</summary>
    public const int Sample = 40;

    /// <summary>Next-token loss and accuracy of a language model on learned tokens: <c>eval_loss</c>, <c>eval_perplexity</c>, <c>eval_token_accuracy</c>.</summary>
    public static HeldOut Of(CausalModel model, IReadOnlyList<TokenRow> rows, int padId, int batchSize) =>
        new(() => Measured(model, rows, padId, batchSize), "eval_token_accuracy", Data.DataDigest.Of(rows));

    /// <summary>The rows at even distances of which there are at most <paramref name="most"/>.</summary>
    public static IReadOnlyList<T> SampleOf<T>(IReadOnlyList<T> rows, int most = Sample) =>
        rows.Count <= most ? rows : [.. Enumerable.Range(0, most).Select(i => rows[(int)((long)i * rows.Count / most)])];

    private static Dictionary<string, double> Measured(CausalModel model, IReadOnlyList<TokenRow> rows, int padId, int batchSize)
    {
        using var quiet = new EvalMode(model);
        var m = LanguageMeasure.Of(rows, batchSize, batch =>
        {
            var inputs = TokenBatch.Of(batch, padId);
            return SftLoss.FromHidden(model.Hidden(inputs.InputIds, positionIds: inputs.PositionIds), model.HeadWeight, null, inputs.Labels);
        });
        return new(StringComparer.Ordinal) { ["eval_loss"] = m.Loss, ["eval_perplexity"] = m.Perplexity, ["eval_token_accuracy"] = m.Accuracy };
    }
}

namespace Alignment.ModelCore.Generation.LogitsProcessors;

/// <summary>
/// Changes the scores of one row before a token is chosen; removed tokens become −∞. Rows never see each other, so that a prompt's
/// result cannot depend on its batch. Names, order and edge cases are those of transformers' generate.
/// </summary>
public interface ILogitsProcessor
{
    /// <summary>The class of transformers that does the same.</summary>
    string Name { get; }

    /// <param name="history">What the row holds so far.</param>
    /// <param name="scores">(V) logits or log-probabilities, changed in place.</param>
    void Apply(RowHistory history, Span<float> scores);
}

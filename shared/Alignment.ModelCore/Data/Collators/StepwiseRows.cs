using Alignment.Text.Tokenization;

namespace Alignment.ModelCore.Data.Collators;

/// <summary>
/// Rows for process reward models: every step ends with the separator, whose last token carries the step's label.
/// </summary>
/// <param name="Separator">Text appended to every step.</param>
/// <param name="LastStepOnly">In training, only the last step is labelled.</param>
public sealed record StepwiseRows(string Separator = "\n", int? MaxLength = null, int? MaxCompletionLength = null, bool LastStepOnly = false)
{
    public SftExample Tokenize(Tokenizer tokenizer, string prompt, IReadOnlyList<string> steps, IReadOnlyList<bool> correct, bool evaluation = false)
    {
        if (steps.Count != correct.Count)
        {
            throw new ArgumentException($"{steps.Count} steps but {correct.Count} labels.");
        }

        var separator = tokenizer.EncodeIds(Separator, addSpecialTokens: false);
        var completion = new List<int>();
        var labels = new List<int>();
        for (var i = 0; i < steps.Count; i++)
        {
            int[] ids = [.. tokenizer.EncodeIds(steps[i], addSpecialTokens: false), .. separator];
            completion.AddRange(ids);
            var label = LastStepOnly && !evaluation && i < steps.Count - 1 ? SftCollator.Ignored : correct[i] ? 1 : 0;
            labels.AddRange([.. Enumerable.Repeat(SftCollator.Ignored, Math.Max(0, ids.Length - 1)), label]);
        }

        List<int> before = [.. tokenizer.BosId is { } bos ? [bos] : Array.Empty<int>(), .. tokenizer.EncodeIds(prompt, addSpecialTokens: false)];
        var kept = Math.Min(completion.Count, MaxCompletionLength ?? int.MaxValue);
        int[] input = [.. before, .. completion.Take(kept)];
        int[] target = [.. before.Select(_ => SftCollator.Ignored), .. labels.Take(kept)];
        var length = Math.Min(input.Length, MaxLength ?? int.MaxValue);
        return new(input[..length], target[..length]);
    }

    /// <summary>Pads on the right with the tokenizer's padding token.</summary>
    public static CollatedBatch Collate(IReadOnlyList<SftExample> rows, int padTokenId) => new SftCollator(padTokenId).Collate(rows);
}

namespace Alignment.ModelCore.Generation;

public enum StopReason
{
    /// <summary>The last token is one of the end tokens.</summary>
    EndToken,

    /// <summary>The limit of tokens was reached.</summary>
    Length,

    /// <summary>A stop string was completed by the last token.</summary>
    StopString,
}

/// <summary>One generated sequence.</summary>
/// <param name="Prompt">Index of the prompt in the call.</param>
/// <param name="Index">Which of the prompt's sequences; beam search gives the best first.</param>
/// <param name="Ids">New tokens only, the end token included.</param>
/// <param name="LogProbs">log softmax of the raw logits at each token, float32.</param>
/// <param name="ProcessedLogProbs">The same after the processors; beam search always gives it, others when asked.</param>
/// <param name="Score">Beam search: sum of log-probabilities over length^penalty.</param>
public sealed record GeneratedSequence(
    int Prompt,
    int Index,
    IReadOnlyList<int> Ids,
    IReadOnlyList<float> LogProbs,
    IReadOnlyList<float>? ProcessedLogProbs,
    StopReason Reason,
    string? StopString = null,
    double? Score = null);

/// <summary>One token of one sequence as it is chosen.</summary>
public readonly record struct GeneratedToken(int Prompt, int Index, int Id, float LogProb, bool Last);

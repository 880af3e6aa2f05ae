namespace Alignment.ModelCore.Data;

/// <summary>How several answers to one prompt become rows of a forward pass. The numbers are the same, the work is not.</summary>
public enum AnswerLayout
{
    /// <summary>One padded row for each prompt with one answer; the prompt is computed once for every answer.</summary>
    Separate,

    /// <summary>
    /// Prompt | answer | answer in one row: the prompt is computed once, the answers do not see each other, positions go on after the
    /// prompt in each. Several prompts share a row where they fit into the length of the longest, so that hardly anything is padded.
    /// </summary>
    Shared,
}

/// <summary>A prompt and the answers that continue it, as ids.</summary>
public sealed record PromptAnswers(int[] Prompt, IReadOnlyList<int[]> Answers)
{
    /// <summary>Tokens with the prompt counted once.</summary>
    public int SharedLength => Prompt.Length + Answers.Sum(a => a.Length);
}

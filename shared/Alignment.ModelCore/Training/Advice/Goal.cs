namespace Alignment.ModelCore.Training.Advice;

/// <summary>What of a recipe matters for its memory.</summary>
/// <param name="SequencesPerRow">Sequences that a row puts through the model at once.</param>
/// <param name="Logits">Whether the loss goes through the vocabulary.</param>
/// <param name="Rows">Rows of an optimiser step that suit it.</param>
public sealed record Goal(string Name, int SequencesPerRow, bool Logits, int Rows)
{
    /// <summary>The goal of a training method by its name.</summary>
    public static Goal Of(string method) => method switch
    {
        "sft" => new(method, 1, true, 16),
        "kto" or "ppo" or "grpo" or "rloo" => new(method, 1, true, 16),
        "reward" => new(method, 2, false, 16),
        _ => new(method, 2, true, 16),
    };
}

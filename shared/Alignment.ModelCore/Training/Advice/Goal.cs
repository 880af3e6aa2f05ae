namespace Alignment.ModelCore.Training.Advice;

/// <summary>What of a recipe matters for its memory.</summary>
/// <param name="SequencesPerRow">Sequences that a row puts through the model at once.</param>
/// <param name="Logits">Whether the loss goes through the vocabulary.</param>
/// <param name="Rows">Rows of an optimiser step that suit it.</param>
/// <param name="Grouped">Whether a row of a batch is one of several answers to a prompt, and a step has to take whole groups of them.</param>
public sealed record Goal(string Name, int SequencesPerRow, bool Logits, int Rows, bool Grouped = false)
{
    /// <summary>The goal of a training method by its name.</summary>
    public static Goal Of(string method) => method switch
    {
        "sft" => new(method, 1, true, 16),
        "kto" or "bco" or "ppo" or "best-of-n" => new(method, 1, true, 16),
        "grpo" or "rloo" or "reinforce++" or "reinforce-pp" or "remax" => new(method, 1, true, 16, Grouped: true),
        "reward" => new(method, 2, false, 16),
        _ => new(method, 2, true, 16),
    };
}

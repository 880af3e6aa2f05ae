namespace Alignment.ModelCore.Rollouts;

/// <summary>
/// One response sampled for one prompt: everything that learning from it needs, and what made it. Token ids are never padded here.
/// </summary>
/// <param name="Row">Index of the prompt among the run's prompts.</param>
/// <param name="Sample">Which of the prompt's responses.</param>
/// <param name="Prompt">Ids that were continued.</param>
/// <param name="Response">Ids up to and including the end token; the response mask is true on exactly these.</param>
public sealed record Trajectory(int Row, int Sample, int[] Prompt, int[] Response)
{
    /// <summary>Log-probability of each response token as the sampler saw it (after temperature and filters); empty when it was not recorded.</summary>
    public double[] SamplingLogProbs { get; init; } = [];

    /// <summary>Optimiser steps that the sampling policy had seen.</summary>
    public long WeightVersion { get; init; }

    /// <summary>The response came to its own end: an end token or a stop string, not the limit of tokens.</summary>
    public bool Ended { get; init; }

    /// <summary>What a sampler without early stopping wrote after the end. Never learned from; TRL's PPO counts it in its slot metrics.</summary>
    public int[] Tail { get; init; } = [];

    /// <summary>Tokens of prompt and response.</summary>
    public int Length => Prompt.Length + Response.Length;
}

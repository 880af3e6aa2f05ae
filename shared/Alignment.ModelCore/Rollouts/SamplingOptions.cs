namespace Alignment.ModelCore.Rollouts;

/// <summary>How a policy is sampled.</summary>
/// <param name="SamplesPerPrompt">Responses to each prompt.</param>
/// <param name="MaxNewTokens">Longest response.</param>
/// <param name="EndTokenIds">Any of them ends a response and belongs to it.</param>
/// <param name="Seed">With the batch's number and the row it decides every draw.</param>
/// <param name="Sequences">Most sequences decoded at once.</param>
public sealed record SamplingOptions(int SamplesPerPrompt, int MaxNewTokens, IReadOnlyList<int> EndTokenIds, long Seed, int Sequences = 64)
{
    /// <summary>Above 0; 0 takes the best token.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>0: off.</summary>
    public int TopK { get; init; }

    /// <summary>1: off.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>0: off.</summary>
    public double MinP { get; init; }

    public int MinNewTokens { get; init; }

    public IReadOnlyList<string> StopStrings { get; init; } = [];
}

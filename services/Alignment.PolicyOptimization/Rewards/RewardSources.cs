using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Rollouts;
using Alignment.PolicyOptimization.Rewards.Judging;

namespace Alignment.PolicyOptimization.Rewards;

/// <summary>Opens the reward sources that a job file names.</summary>
public static class RewardSources
{
    private static readonly string[] Kinds = ["model", "rubric", "http", "https", "judge", "function", "length", "regex", "not_regex", "contains", "equals", "think_format", "repetition"];

    /// <summary>Every source with its weight.</summary>
    /// <param name="policyFolder">Checkpoint of the policy: a reward model with the same tokenizer reads its ids as they are.</param>
    /// <exception cref="OptionsException">No source is named, or one cannot be opened.</exception>
    public static RewardSet Create(RewardSourceOptions options, string policyFolder)
    {
        if (options.Sources.Count == 0)
        {
            throw new OptionsException(["reward.sources is missing: say what an answer is worth, reward: {sources: model:DIR}."]);
        }

        var opened = new List<WeightedReward>();
        try
        {
            foreach (var (source, i) in options.Sources.Select((s, i) => (s, i)))
            {
                opened.Add(new(Open(source, options, policyFolder), options.Weights.Count > 0 ? options.Weights[i] : 1));
            }

            return new(opened);
        }
        catch
        {
            opened.ForEach(o => o.Source.Dispose());
            throw;
        }
    }

    /// <summary>One source by its name.</summary>
    public static IRewardSource Open(string source, RewardSourceOptions options, string policyFolder)
    {
        if (Complaint(source) is { } complaint)
        {
            throw new OptionsException(["reward." + complaint]);
        }

        var (kind, rest) = Split(source);
        try
        {
            return kind switch
            {
                "model" => RewardModelSource.Load(rest, policyFolder),
                "http" or "https" => new HttpReward(new(source), options),
                "judge" => JudgeReward.Open(rest, options),
                "function" => FunctionLoader.Load(rest),
                _ => RuleRewards.Create(kind, rest),
            };
        }
        catch (Exception e) when (e is IOException or InvalidDataException or ArgumentException or BadImageFormatException or UriFormatException)
        {
            throw new OptionsException([$"reward.sources: '{source}' cannot be opened: {e.Message}"]);
        }
    }

    /// <summary>What is wrong with the spelling of a source, or null.</summary>
    internal static string? Complaint(string source)
    {
        var (kind, rest) = Split(source);
        return !Kinds.Contains(kind, StringComparer.Ordinal)
            ? $"sources: '{source}' is not one of {string.Join(", ", Kinds)}{NearestName.Hint(kind, Kinds)}"
            : rest.Length == 0 && kind is not ("think_format" or "repetition") ? $"sources: '{source}' says nothing after '{kind}:'." : null;
    }

    private static (string Kind, string Argument) Split(string source) =>
        source.IndexOf(':', StringComparison.Ordinal) is var colon and > 0 ? (source[..colon], source[(colon + 1)..]) : (source, "");
}

using System.Globalization;
using System.Text.Json.Nodes;
using Alignment.ModelCore.Configuration;

namespace Alignment.ModelCore.Training.Advice;

/// <summary>What a recipe that writes its own answers says of them.</summary>
/// <param name="NewTokens">Longest answer; 0: the recipe writes none.</param>
/// <param name="Samples">Answers to a prompt.</param>
public sealed record AnswerKeys(int NewTokens, int Samples)
{
    public bool Sampled => NewTokens > 0;

    /// <summary>The recipe's defaults with the user's own keys over them.</summary>
    public static AnswerKeys Of(TrainingOptions defaults, JsonObject set)
    {
        var keys = OptionKey.Of(defaults.GetType());
        int Number(string name, int absent) => keys.FirstOrDefault(k => k.Name == name) is not { } key ? absent
            : int.TryParse(set[name]?.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n > 0 ? n : (int)key.Get(defaults)!;
        return new(Number("max_new_tokens", 0), Math.Max(1, Number("samples_per_prompt", 1)));
    }

    /// <summary>The longest answer that leaves the longest prompt its room; half of the length at most.</summary>
    public int Fitting(int maxLength, int longestPrompt) =>
        !Sampled ? 0 : Math.Max(1, Math.Min(Math.Min(NewTokens, maxLength / 2), Math.Max(maxLength / 8, maxLength - longestPrompt - TemplateTokens)));

    /// <summary>What a chat template adds to a short prompt.</summary>
    private const int TemplateTokens = 32;
}

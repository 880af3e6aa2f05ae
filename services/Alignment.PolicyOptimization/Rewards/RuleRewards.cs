using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Alignment.ModelCore.Rollouts;
using Alignment.Text.Rubrics;

namespace Alignment.PolicyOptimization.Rewards;

/// <summary>Rewards that are rules: no model, no network, the same score for the same answer.</summary>
internal static class RuleRewards
{
    // A hostile answer must not stall a run.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    public static IRewardSource Create(string kind, string argument) => new FunctionReward(kind, kind switch
    {
        "rubric" => ByRubric(Rubric.Load(argument)),
        "length" => ByLength(argument),
        "regex" => Matches(argument, 1, 0),
        "not_regex" => Matches(argument, 0, 1),
        "contains" => item => Texts(item, argument) is { Length: > 0 } wanted ? (double)wanted.Count(w => item.Response.Contains(w, StringComparison.Ordinal)) / wanted.Length : double.NaN,
        "equals" => item => Texts(item, argument) is { Length: > 0 } wanted ? (wanted.Contains(item.Response.Trim(), StringComparer.Ordinal) ? 1 : 0) : double.NaN,
        "think_format" => item => RewardRules.ThinkFormat(item.Response),
        "repetition" => item => RewardRules.Repetition(item.ResponseIds),
        _ => throw new ArgumentException($"no rule '{kind}'."),
    });

    /// <summary>The rubric's total, 0 … 1, for the row's <c>language</c> and <c>facts</c>.</summary>
    private static Func<RewardItem, double> ByRubric(Rubric rubric) => item =>
    {
        var language = (string?)item.Row["language"] ?? rubric.Languages[0];
        return rubric.Score(new(language, Texts(item, "facts")), item.Response).Total;
    };

    /// <summary>1 up to FULL words, falling in a straight line to 0 at NONE.</summary>
    private static Func<RewardItem, double> ByLength(string range)
    {
        var ends = range.Split("..").Select(e => int.TryParse(e, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : -1).ToArray();
        if (ends.Length != 2 || ends[0] < 0 || ends[1] <= ends[0])
        {
            throw new ArgumentException($"'{range}' is not FULL..NONE in words, such as 26..40.");
        }

        return item => Math.Clamp((ends[1] - (double)item.Response.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length) / (ends[1] - ends[0]), 0, 1);
    }

    private static Func<RewardItem, double> Matches(string pattern, double yes, double no)
    {
        var regex = new Regex(pattern, RegexOptions.CultureInvariant, Limit);
        return item => regex.IsMatch(item.Response) ? yes : no;
    }

    /// <summary>A text or a list of texts in the prompt's row.</summary>
    private static string[] Texts(RewardItem item, string field) => item.Row[field] switch
    {
        JsonArray list => [.. list.Select(t => t!.GetValue<string>())],
        JsonValue value => [value.ToString()],
        _ => [],
    };
}

using Alignment.ModelCore.Data;
using Alignment.ModelCore.Losses;

namespace Alignment.PolicyOptimization.Recipes;

/// <summary>What the options of the pairwise methods say alike.</summary>
internal static class PairRules
{
    public const string Layouts = "shared|separate";

    public const string LayoutHelp = "shared: prompt, chosen and rejected in one row, so that the prompt is computed once and nothing is padded; separate: two padded rows, as elsewhere. Same numbers up to rounding.";

    public const string KeepStart = "keep_start", KeepEnd = "keep_end", Truncations = KeepStart + "|" + KeepEnd;

    public const string TruncationHelp = "Which end of a pair longer than max_length is kept: keep_start cuts the ends of the answers; keep_end cuts the beginning of the prompt, so that the longer answer fits.";

    public const string LogitsHelp = "What logits/* average: the completion tokens, or, as TRL logs for ORPO and CPO, every position with padding (then pair_layout must be separate).";

    public static AnswerLayout Layout(string name) => OptionNames.Parse<AnswerLayout>(name);
}

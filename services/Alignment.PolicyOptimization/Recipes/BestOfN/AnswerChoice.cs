using Alignment.Statistics;
using Alignment.Statistics.Selection;

namespace Alignment.PolicyOptimization.Recipes.BestOfN;

/// <summary>Which of a prompt's answers are learned from. An answer that says the same as one already kept is not kept again.</summary>
internal static class AnswerChoice
{
    public static IReadOnlyList<ScoredAnswer> Of(IReadOnlyList<ScoredAnswer> answers, BestOfNOptions options)
    {
        var all = answers.Where(a => !double.IsNaN(a.Score)).ToList();
        if (all.Count == 0 || (options.DropEqual && all.TrueForAll(a => a.Score == all[0].Score)))
        {
            return [];
        }

        var able = all.Where(a => a.Ended || options.LongAnswers == "keep").ToList();
        var scores = able.Select(a => a.Score).ToList();
        IEnumerable<ScoredAnswer> kept = able.Count == 0 ? [] : options.Keep switch
        {
            "top_k" => Candidates.Top(scores, able.Count).Select(i => able[i]),
            "threshold" => able.Where(a => a.Score >= options.MinScore),
            "rejection" => Accepted(able, scores, options),
            _ => [able[Candidates.Best(scores)!.Value]],
        };
        var distinct = kept.DistinctBy(a => string.Join(',', a.Ids));
        return [.. options.Keep == "top_k" ? distinct.Take(options.TopAnswers) : distinct];
    }

    // Each prompt draws from a stream of its own.
    private static IEnumerable<ScoredAnswer> Accepted(List<ScoredAnswer> answers, List<double> scores, BestOfNOptions options)
    {
        var random = new SplitMix64(unchecked(((ulong)options.Seed * 0x9E3779B97F4A7C15) + (ulong)answers[0].Row));
        return answers.Zip(RejectionSampling.AcceptanceProbabilities(scores, options.RejectionBeta)).Where(x => random.NextDouble() < x.Second).Select(x => x.First).ToList();
    }
}

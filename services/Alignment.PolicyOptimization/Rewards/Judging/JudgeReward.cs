using System.Globalization;
using System.Text.Json.Nodes;
using Alignment.ModelCore.Rollouts;

namespace Alignment.PolicyOptimization.Rewards.Judging;

/// <summary>
/// A language model as judge. Answers to the same prompt meet in pairs, each pair in both orders; where the orders disagree the judge
/// followed the place and not the answer, and the pair counts as a tie. A score is the mean over the answer's pairs, 0 … 1. Before its
/// first judgement the judge must answer the canaries rightly.
/// </summary>
internal sealed class JudgeReward(IJudge judge, RewardSourceOptions options, IReadOnlyList<Canary> canaries) : IRewardSource
{
    private bool trusted;

    public string Name => "judge";

    /// <summary>Share of pairs of the last call that were judged alike in both orders.</summary>
    public double Consistency { get; private set; } = double.NaN;

    public static JudgeReward Open(string where, RewardSourceOptions options)
    {
        var canaries = options.JudgeCanaries.Length == 0 ? [] : Canary.ReadAll(options.JudgeCanaries);
        return new(where.StartsWith("http", StringComparison.Ordinal) ? new ChatEndpointJudge(new(where), options) : new CheckpointJudge(where), options, canaries);
    }

    public IReadOnlyList<double> Score(IReadOnlyList<RewardItem> items, CancellationToken cancellation)
    {
        Trust(cancellation);
        var pairs = Pairs(items);
        var verdicts = Compare([.. pairs.Select(p => (items[p.First].Messages, items[p.First].Response, items[p.Second].Response))], cancellation);
        var (sums, counts) = (new double[items.Count], new int[items.Count]);
        foreach (var ((first, second), verdict) in pairs.Zip(verdicts))
        {
            sums[first] += verdict.Score;
            sums[second] += 1 - verdict.Score;
            counts[first]++;
            counts[second]++;
        }

        Consistency = verdicts.Count == 0 ? double.NaN : verdicts.Average(v => v.Consistent ? 1.0 : 0);
        if (Consistency < options.JudgeConsistency)
        {
            throw new RewardException(Name, string.Create(CultureInfo.InvariantCulture, $"judged {Consistency:P0} of {verdicts.Count} pairs alike in both orders; reward.judge_consistency asks for {options.JudgeConsistency:P0}. It follows the place, not the answer: use another judge or criteria."));
        }

        return [.. sums.Zip(counts, (s, n) => s / n)];
    }

    public void Dispose() => judge.Dispose();

    private void Trust(CancellationToken cancellation)
    {
        if (trusted || canaries.Count == 0)
        {
            trusted = true;
            return;
        }

        var verdicts = Compare([.. canaries.Select(c => (c.Messages, c.Better, c.Worse))], cancellation);
        var right = verdicts.Average(v => v.Score == 1 ? 1.0 : 0);
        trusted = right >= options.CanaryAccuracy ? true : throw new RewardException(Name,
            string.Create(CultureInfo.InvariantCulture, $"answered {right:P0} of {canaries.Count} canaries rightly in both orders; reward.canary_accuracy asks for {options.CanaryAccuracy:P0}. Use another judge, or look at the criteria and the canaries."));
    }

    /// <summary>Both orders of each pair: 1 when the first answer is better in both, 0 when the second is, else ½.</summary>
    private List<(double Score, bool Consistent)> Compare(IReadOnlyList<(JsonArray Messages, string First, string Second)> pairs, CancellationToken cancellation)
    {
        var replies = judge.Ask([.. pairs.SelectMany(p => new[]
        {
            PairQuestion.Ask(options.JudgeCriteria, p.Messages, p.First, p.Second), PairQuestion.Ask(options.JudgeCriteria, p.Messages, p.Second, p.First),
        })], cancellation);
        var read = replies.Select(PairQuestion.Read).ToList();
        var mute = read.FindIndex(r => r is null);
        if (read.Count(r => r is null) * 2 > read.Count)
        {
            throw new RewardException(Name, $"most replies name neither A nor B nor T, such as “{JsonEndpoint.Shorten(replies[mute])}”. Use a judge that follows instructions.");
        }

        return [.. read.Chunk(2).Select(two => two[0] is { } a && two[1] is { } b && a == 1 - b ? (a, true) : (0.5, false))];
    }

    private List<(int First, int Second)> Pairs(IReadOnlyList<RewardItem> items)
    {
        var pairs = new List<(int, int)>();
        foreach (var group in Enumerable.Range(0, items.Count).GroupBy(i => items[i].Messages.ToJsonString()))
        {
            int[] members = [.. group];
            if (members.Length < 2)
            {
                throw new RewardException(Name, "compares answers to the same prompt and got a prompt with one. Sample two or more answers for each prompt.");
            }

            pairs.AddRange(members.SelectMany((a, i) => members.Skip(i + 1).Select(b => (a, b))));
        }

        return pairs;
    }
}

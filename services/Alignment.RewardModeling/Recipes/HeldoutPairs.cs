using Alignment.ModelCore.Data;

namespace Alignment.RewardModeling.Recipes;

/// <summary>A held-out pair with what the report groups by.</summary>
/// <param name="VoteShare">Share of votes for chosen, 1 where unknown.</param>
internal sealed record HeldoutPair(PromptAnswers Answers, double VoteShare, string Language);

internal static class HeldoutPairs
{
    /// <summary>The report's pairs: of a ranking, every pair of different ranks.</summary>
    public static IReadOnlyList<HeldoutPair> Read(RewardOptions options, RowEncoder encoder)
    {
        if (options.Ranks)
        {
            return [.. encoder.Encode(RankingReader.Read(options.Heldout)).SelectMany(Pairs)];
        }

        var rows = PreferenceReader.Read(options.Heldout);
        return [.. encoder.Encode(rows).Select((p, i) => new HeldoutPair(p.Answers, double.IsNaN(p.VoteShare) ? 1 : p.VoteShare, rows[i].Language))];
    }

    private static IEnumerable<HeldoutPair> Pairs(TokenRanking r) =>
        from better in Enumerable.Range(0, r.Ranks.Count)
        from worse in Enumerable.Range(0, r.Ranks.Count)
        where r.Ranks[better] < r.Ranks[worse]
        select new HeldoutPair(new(r.Group.Prompt, [r.Group.Answers[better], r.Group.Answers[worse]]), 1, "");
}

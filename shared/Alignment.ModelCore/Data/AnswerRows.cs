using Alignment.ModelCore.Native;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Data;

/// <summary>The cells of an <see cref="AnswerBatch"/>: which token, position, group and branch (0 prompt, 1 … answers) is where.</summary>
internal sealed class AnswerRows
{
    private readonly Dictionary<(int Group, int Answer), (long Prompt, long Answer)> places = [];
    private readonly bool shared;
    private readonly int rows;
    private readonly int length;
    private readonly long[] ids;
    private readonly long[] positions;
    private readonly long[] groups;
    private readonly long[] branches;

    private AnswerRows(int rows, int length, int padId, bool shared)
    {
        (this.rows, this.length, this.shared) = (rows, length, shared);
        (ids, positions, groups, branches) = (new long[rows * length], new long[rows * length], new long[rows * length], new long[rows * length]);
        Array.Fill(ids, padId);
        Array.Fill(groups, -1);
    }

    public static AnswerRows Separate(IReadOnlyList<PromptAnswers> groups, int padId)
    {
        var all = AnswerBatch.Order(groups).ToList();
        var made = new AnswerRows(all.Count, Math.Max(1, all.Max(x => groups[x.Group].Prompt.Length + groups[x.Group].Answers[x.Answer].Length)), padId, shared: false);
        for (var r = 0; r < all.Count; r++)
        {
            var (g, a) = all[r];
            var from = r * made.length;
            var after = made.Put(from, groups[g].Prompt, 0, g, 0);
            made.places[(g, a)] = (from, after);
            made.Put(after, groups[g].Answers[a], groups[g].Prompt.Length, g, 1);
        }

        return made;
    }

    public static AnswerRows Shared(IReadOnlyList<PromptAnswers> groups, int padId)
    {
        var (plan, length) = Plan([.. groups.Select(g => g.SharedLength)]);
        var made = new AnswerRows(plan.Count, length, padId, shared: true);
        for (var r = 0; r < plan.Count; r++)
        {
            var at = r * length;
            foreach (var g in plan[r].Select(s => s.Document))
            {
                var first = at;
                at = made.Put(at, groups[g].Prompt, 0, g, 0);
                for (var a = 0; a < groups[g].Answers.Count; a++)
                {
                    made.places[(g, a)] = (first, at);
                    at = made.Put(at, groups[g].Answers[a], groups[g].Prompt.Length, g, a + 1);
                }
            }
        }

        return made;
    }

    /// <summary>Flat positions of the prompt's and the answer's first token.</summary>
    public (long Prompt, long Answer) Find(int group, int answer) => places[(group, answer)];

    /// <summary>Ids, what each token may see, and positions.</summary>
    public (Tensor Ids, Tensor? Visible, Tensor? Positions) Inputs(bool explicitPadding)
    {
        Tensor Cells(long[] values) => tensor(values, [rows, length]);
        if (!shared)
        {
            return explicitPadding
                ? (Cells(ids), Cells(groups).ge(Scalars.LongZero).unsqueeze(1).expand(rows, length, length), arange(length, ScalarType.Int64).unsqueeze(0).expand(rows, length))
                : (Cells(ids), null, null);
        }

        Tensor group = Cells(groups), branch = Cells(branches);
        var same = group.unsqueeze(2).eq(group.unsqueeze(1));
        var visible = branch.unsqueeze(1).eq(Scalars.LongZero).logical_or(branch.unsqueeze(1).eq(branch.unsqueeze(2)));
        return (Cells(ids), same.logical_and(visible), Cells(positions));
    }

    // Longer rows hold more groups with less padding, and every token then looks past more that it does not see. The cheapest is taken;
    // through a layer, a token costs about as much as looking at two thousand others.
    private static (List<PackedSegment[]> Rows, int Length) Plan(int[] lengths)
    {
        const double tokenCost = 2048;
        var longest = Math.Max(1, lengths.Max());
        return new[] { 1, 1.5, 2, 3, 4 }.Select(m =>
        {
            var rows = Packing.Plan(lengths, (int)(m * longest), PackingStrategy.BestFitDecreasing, lengths.Length);
            return (Rows: rows, Length: Math.Max(1, rows.Max(r => r.Sum(s => s.Count))));
        }).MinBy(p => (double)p.Rows.Count * p.Length * (tokenCost + p.Length));
    }

    private int Put(int at, int[] tokens, int position, int group, int branch)
    {
        for (var i = 0; i < tokens.Length; i++, at++)
        {
            (ids[at], positions[at], groups[at], branches[at]) = (tokens[i], position + i, group, branch);
        }

        return at;
    }
}

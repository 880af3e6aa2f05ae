using Alignment.ModelCore.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Data;

/// <summary>The cells of an <see cref="AnswerBatch"/>: which token and position is where, and where it belongs to a text.</summary>
internal sealed class AnswerRows
{
    private readonly Dictionary<(int Group, int Answer), (long Prompt, long Answer)> places = [];
    private readonly List<TokenSpan[]> texts = [];
    private readonly bool shared;
    private readonly int rows;
    private readonly int length;
    private readonly long[] ids;
    private readonly long[] positions;
    private readonly bool[] real;

    private AnswerRows(int rows, int length, int padId, bool shared)
    {
        (this.rows, this.length, this.shared) = (rows, length, shared);
        (ids, positions, real) = (new long[rows * length], new long[rows * length], new bool[rows * length]);
        Array.Fill(ids, padId);
    }

    /// <summary>Share of the positions that hold a token.</summary>
    public double Filled => real.Count(r => r) / (double)real.Length;

    public static AnswerRows Separate(IReadOnlyList<PromptAnswers> groups, int padId)
    {
        var all = AnswerBatch.Order(groups).ToList();
        var made = new AnswerRows(all.Count, Math.Max(1, all.Max(x => groups[x.Group].Prompt.Length + groups[x.Group].Answers[x.Answer].Length)), padId, shared: false);
        for (var r = 0; r < all.Count; r++)
        {
            var (g, a) = all[r];
            var from = r * made.length;
            var after = made.Put(from, groups[g].Prompt, 0);
            made.places[(g, a)] = (from, after);
            made.Put(after, groups[g].Answers[a], groups[g].Prompt.Length);
        }

        return made;
    }

    /// <param name="oneRow">Everything in one row, without padding; for models whose attention runs in <see cref="AttentionRows"/>.</param>
    public static AnswerRows Shared(IReadOnlyList<PromptAnswers> groups, int padId, bool oneRow)
    {
        int[] lengths = [.. groups.Select(g => g.SharedLength)];
        var (plan, length) = oneRow ? Pack(lengths, Math.Max(1, lengths.Sum())) : Plan(lengths);
        var made = new AnswerRows(plan.Count, length, padId, shared: true);
        for (var r = 0; r < plan.Count; r++)
        {
            var at = r * length;
            foreach (var g in plan[r].Select(s => s.Document))
            {
                var first = at;
                at = made.Put(at, groups[g].Prompt, 0);
                for (var a = 0; a < groups[g].Answers.Count; a++)
                {
                    made.places[(g, a)] = (first, at);
                    made.texts.Add([new(first, groups[g].Prompt.Length), new(at, groups[g].Answers[a].Length)]);
                    at = made.Put(at, groups[g].Answers[a], groups[g].Prompt.Length);
                }
            }

            // Padding is a text by itself, as every token must be in one.
            made.texts.Add([new(at, ((r + 1) * length) - at)]);
        }

        return made;
    }

    /// <summary>Flat positions of the prompt's and the answer's first token.</summary>
    public (long Prompt, long Answer) Find(int group, int answer) => places[(group, answer)];

    /// <summary>(R, L) ids.</summary>
    public Tensor Ids => Cells(ids);

    /// <summary>(R, L) positions; null for 0, 1, 2, …</summary>
    public Tensor? Positions(bool explicitPadding) => shared ? Cells(positions) : explicitPadding ? arange(length, ScalarType.Int64).unsqueeze(0).expand(rows, length) : null;

    /// <summary>(R, L, L): real tokens alone.</summary>
    public Tensor Visible => tensor(real, [rows, 1, length]).expand(rows, length, length);

    /// <summary>A text for each sequence; null where each has a row of the batch.</summary>
    public AttentionRows? Texts => shared ? AttentionRows.Of(texts, rows, length) : null;

    private Tensor Cells(long[] values) => tensor(values, [rows, length]);

    // Longer rows hold more groups with less padding, and every token then looks past more that it does not see. The cheapest is taken;
    // through a layer, a token costs about as much as looking at two thousand others.
    private static (List<PackedSegment[]> Rows, int Length) Plan(int[] lengths)
    {
        const double tokenCost = 2048;
        var longest = Math.Max(1, lengths.Max());
        return new[] { 1, 1.5, 2, 3, 4 }.Select(m => Pack(lengths, (int)(m * longest))).MinBy(p => (double)p.Rows.Count * p.Length * (tokenCost + p.Length));
    }

    private static (List<PackedSegment[]> Rows, int Length) Pack(int[] lengths, int most)
    {
        var rows = Packing.Plan(lengths, most, PackingStrategy.BestFitDecreasing, lengths.Length);
        return (rows, Math.Max(1, rows.Max(r => r.Sum(s => s.Count))));
    }

    private int Put(int at, int[] tokens, int position)
    {
        for (var i = 0; i < tokens.Length; i++, at++)
        {
            (ids[at], positions[at], real[at]) = (tokens[i], position + i, true);
        }

        return at;
    }
}

using Alignment.ModelCore.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Data;

/// <summary>
/// Prompts with their answers as the input of one forward pass, and where in its output each answer token is predicted. Sequences are
/// numbered answer by answer: of B pairs the B chosen ones come first. S sequences, C tokens of the longest answer, R rows of L columns.
/// </summary>
public sealed class AnswerBatch
{
    private AnswerBatch(AnswerRows rows, IReadOnlyList<PromptAnswers> groups, bool explicitPadding)
    {
        (InputIds, Visible, PositionIds, Texts) = (rows.Ids, explicitPadding ? rows.Visible : null, rows.Positions(explicitPadding), rows.Texts);
        Filled = rows.Filled;
        var scored = new List<(long Predictor, long Target, long Slot)>();
        var prompts = new List<(long Predictor, long Target)>();
        var ends = new List<long>();
        Sequences = groups.Sum(g => g.Answers.Count);
        Columns = Math.Max(1, groups.Max(g => g.Answers.Max(a => a.Length)));
        var keep = new bool[Sequences * Columns];
        foreach (var (group, answer) in Order(groups))
        {
            var (prompt, tokens) = (groups[group].Prompt, groups[group].Answers[answer]);
            var (first, start) = rows.Find(group, answer);
            ends.Add(tokens.Length > 0 ? start + tokens.Length - 1 : first + prompt.Length - 1);
            for (var j = 0; j < tokens.Length; j++)
            {
                // Without a prompt nothing predicts the first token.
                if (j > 0 || prompt.Length > 0)
                {
                    var slot = ((ends.Count - 1) * Columns) + j;
                    keep[slot] = true;
                    scored.Add((j > 0 ? start + j - 1 : first + prompt.Length - 1, tokens[j], slot));
                }
            }

            if (answer == 0)
            {
                prompts.AddRange(Enumerable.Range(1, Math.Max(0, prompt.Length - 1)).Select(t => (first + t - 1, (long)prompt[t])));
            }
        }

        Predictors = tensor(scored.Select(s => s.Predictor).ToArray());
        Targets = tensor(scored.Select(s => s.Target).ToArray());
        Slots = tensor(scored.Select(s => s.Slot).ToArray());
        Mask = tensor(keep, [Sequences, Columns]);
        Ends = tensor(ends.ToArray());
        PromptPredictors = tensor(prompts.Select(p => p.Predictor).ToArray());
        PromptTargets = tensor(prompts.Select(p => p.Target).ToArray());
    }

    public int Sequences { get; }

    public int Columns { get; }

    /// <summary>Share of the rows' positions that hold a token and no padding.</summary>
    public double Filled { get; }

    /// <summary>(R, L) int64</summary>
    public Tensor InputIds { get; }

    /// <summary>(R, L, L) bool, true where a token may look; null where causality and <see cref="Texts"/> say it all.</summary>
    public Tensor? Visible { get; }

    /// <summary>The sequences inside the rows; null where each has a row of its own.</summary>
    public AttentionRows? Texts { get; }

    /// <summary>(R, L) int64, or null for 0, 1, 2, …</summary>
    public Tensor? PositionIds { get; }

    /// <summary>(N): flat position row·L + column whose output predicts each scored token.</summary>
    public Tensor Predictors { get; }

    /// <summary>(N): the scored tokens.</summary>
    public Tensor Targets { get; }

    /// <summary>(N): their place in (S, C), flat.</summary>
    public Tensor Slots { get; }

    /// <summary>(S, C), true on answer tokens that are scored.</summary>
    public Tensor Mask { get; }

    /// <summary>(S): flat position of each sequence's last token, where a reward model reads its score.</summary>
    public Tensor Ends { get; }

    /// <summary>(M): flat positions that predict the prompts' own tokens, each prompt once.</summary>
    public Tensor PromptPredictors { get; }

    /// <summary>(M)</summary>
    public Tensor PromptTargets { get; }

    /// <summary>New tensors in the current dispose scope.</summary>
    /// <param name="explicitPadding">Separate rows only: padded positions see the real tokens alone, as in transformers, for numbers that average over them.</param>
    /// <param name="oneRow">Shared prompts only: everything in one row without padding.</param>
    public static AnswerBatch Of(IReadOnlyList<PromptAnswers> groups, int padId, AnswerLayout layout, bool explicitPadding = false, bool oneRow = true) =>
        new(layout == AnswerLayout.Shared ? AnswerRows.Shared(groups, padId, oneRow) : AnswerRows.Separate(groups, padId), groups, explicitPadding);

    /// <summary>
    /// The same for a model. With a learned prompt attention takes a mask over whole rows, which are kept short; a sliding window then
    /// counts columns, so that rows longer than it cannot be shared.
    /// </summary>
    public static AnswerBatch For(Decoder body, IReadOnlyList<PromptAnswers> groups, int padId, AnswerLayout layout, bool explicitPadding = false) => body.Prompt is null
        ? Of(groups, padId, layout, explicitPadding)
        : Of(groups, padId, body.Config.SlidingWindow is { } window && groups.Max(g => g.SharedLength) > window ? AnswerLayout.Separate : layout, explicitPadding, oneRow: false);

    /// <summary>(N) of the scored tokens → (S, C), 0 elsewhere.</summary>
    public Tensor Spread(Tensor values) => zeros([Sequences * Columns], values.dtype, values.device).scatter(0, Slots, values).reshape(Sequences, Columns);

    /// <summary>Group and answer of each sequence.</summary>
    internal static IEnumerable<(int Group, int Answer)> Order(IReadOnlyList<PromptAnswers> groups) =>
        Enumerable.Range(0, groups.Max(g => g.Answers.Count)).SelectMany(a => Enumerable.Range(0, groups.Count).Where(g => a < groups[g].Answers.Count).Select(g => (g, a)));
}

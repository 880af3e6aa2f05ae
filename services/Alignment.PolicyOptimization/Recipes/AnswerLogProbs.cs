using Alignment.ModelCore.Data;
using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Modules;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Recipes;

/// <summary>One forward pass over prompts with answers. S sequences, answer by answer; C tokens of the longest answer.</summary>
/// <param name="Tokens">Statistics of each answer token, (S, C), 0 where the mask is false.</param>
/// <param name="Mask">(S, C), true on answer tokens.</param>
/// <param name="PromptLogProbs">(M): log-probs of the prompts' own tokens, each prompt once; null where not asked for.</param>
/// <param name="PaddedLogits">(S): mean logit over vocabulary and every position of a row, padding included; null where not asked for.</param>
public sealed record AnswerLogProbs(HeadStatistics Tokens, Tensor Mask, Tensor? PromptLogProbs = null, Tensor? PaddedLogits = null)
{
    /// <summary>Mean over the vocabulary of log p at each answer token (S, C) and at each prompt token (M), with gradients: what label smoothing mixes in. Null where not asked for.</summary>
    public (Tensor Answers, Tensor? Prompts)? Uniform { get; private init; }

    /// <summary>Share of the positions computed that hold a token and no padding.</summary>
    public double Filled { get; private init; } = 1;

    /// <param name="uniform">Also compute <see cref="Uniform"/>.</param>
    /// <param name="statistics">False: log-probs alone; entropies and the like are 0.</param>
    /// <param name="scorePrompt">Also score the prompts' tokens.</param>
    /// <param name="paddedLogits">How many of the last positions <see cref="PaddedLogits"/> leaves out; null: do not compute it. Needs separate rows.</param>
    public static AnswerLogProbs Of(CausalModel model, IReadOnlyList<PromptAnswers> groups, int padId, AnswerLayout layout = AnswerLayout.Separate, bool scorePrompt = false, int? paddedLogits = null, bool statistics = true, bool uniform = false)
    {
        var batch = AnswerBatch.For(model.Body, groups, padId, layout, paddedLogits is not null);
        var hidden = model.Hidden(batch.InputIds, batch.Visible, batch.PositionIds, rows: batch.Texts);
        var flat = hidden.reshape(-1, hidden.shape[2]);
        var predictors = scorePrompt ? cat([batch.Predictors, batch.PromptPredictors]) : batch.Predictors;
        var targets = scorePrompt ? cat([batch.Targets, batch.PromptTargets]) : batch.Targets;
        var states = flat.index_select(0, predictors);
        var s = HeadLogProbs.Compute(states, model.HeadWeight, null, targets, HeadOptions.Default with { Statistics = statistics });
        var even = uniform ? MeanLogProbs(states, model.HeadWeight, targets, s.LogProbs) : null;
        var answers = batch.Targets.shape[0];
        Tensor Spread(Tensor t) => batch.Spread(scorePrompt ? t.narrow(0, 0, answers) : t);
        return new(
            new(Spread(s.LogProbs), Spread(s.Entropy), Spread(s.LogSumSquaredProbs), Spread(s.MeanLogits), Spread(s.IsTop1)), batch.Mask,
            scorePrompt ? s.LogProbs.narrow(0, answers, batch.PromptTargets.shape[0]) : null,
            paddedLogits is { } last ? Padded(model, hidden.detach(), last) : null)
        {
            Filled = batch.Filled,
            Uniform = even is null ? null : (Spread(even), scorePrompt ? even.narrow(0, answers, batch.PromptTargets.shape[0]) : null),
        };
    }

    // mean_v log p_v = mean_v z_v − log Σ exp z, and log Σ exp z = z_y − log p_y; z is linear in h, so the vocabulary is never held.
    private static Tensor MeanLogProbs(Tensor hidden, Tensor head, Tensor targets, Tensor logProbs)
    {
        var h = hidden.to_type(logProbs.dtype);
        var ofTarget = h.mul(head.index_select(0, targets).to_type(logProbs.dtype)).sum([-1L]);
        return h.mv(head.mean([0L]).to_type(logProbs.dtype)).sub(ofTarget).add(logProbs);
    }

    // The mean over the vocabulary goes into the head: mean_v (h·W_v) = h·mean_v W_v.
    private static Tensor Padded(CausalModel model, Tensor hidden, int last)
    {
        using var none = no_grad();
        return hidden.narrow(1, 0, Math.Max(1, hidden.shape[1] - last)).mean([1L]).mv(model.HeadWeight.mean([0L]));
    }
}

using Alignment.ModelCore.Data;
using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Modules;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Recipes;

/// <summary>How pairs go through a model.</summary>
/// <param name="LdAlpha">LD-DPO's weight of the tokens beyond the shorter answer; 1 is plain.</param>
/// <param name="ScorePrompt">Also score the prompts' tokens.</param>
/// <param name="PaddedLogits">See <see cref="AnswerLogProbs"/>.</param>
/// <param name="Statistics">False: log-probs alone, which is cheaper.</param>
/// <param name="LabelSmoothing">ε of the supervised term's cross-entropy.</param>
public sealed record PairForward(AnswerLayout Layout = AnswerLayout.Separate, double LdAlpha = 1, bool ScorePrompt = false, int? PaddedLogits = null, bool Statistics = true, double LabelSmoothing = 0);

/// <summary>
/// One forward pass over B pairs, the B chosen answers first.
/// </summary>
/// <param name="Sums">(2B): log-probability of each completion; with LD-DPO its desensitised sum.</param>
/// <param name="Tokens">Per-token statistics, (2B, C).</param>
/// <param name="Mask">(2B, C), true on completion tokens.</param>
/// <param name="Lengths">(2B): completion tokens.</param>
public sealed record PairLogProbs(Tensor Sums, HeadStatistics Tokens, Tensor Mask, Tensor Lengths)
{
    /// <summary>(M): the prompts' own tokens, each prompt once, where asked for.</summary>
    public Tensor? PromptLogProbs { get; private init; }

    /// <summary>log p as the supervised term takes it: (1−ε)·log p + ε·mean over the vocabulary. (2B, C), and (M) for prompts.</summary>
    public (Tensor Answers, Tensor? Prompts) Targets { get; private init; }

    /// <summary>(2B), where asked for.</summary>
    public Tensor? PaddedLogits { get; private init; }

    /// <summary>Share of the positions computed that hold a token and no padding.</summary>
    public double Filled { get; private init; } = 1;

    /// <summary>(2B): mean log-probability of a completion token.</summary>
    public Tensor Means => SequenceLogProbs.Mean(Tokens.LogProbs, Mask);

    public static PairLogProbs Of(CausalModel model, IReadOnlyList<TokenPair> pairs, int padId, PairForward how)
    {
        var answers = AnswerLogProbs.Of(model, [.. pairs.Select(p => p.Answers)], padId, how.Layout, how.ScorePrompt, how.PaddedLogits, how.Statistics, uniform: how.LabelSmoothing > 0);
        var (tokens, mask) = (answers.Tokens, answers.Mask);

        // Summed wide, a sequence's number does not depend on the rows beside it: policy and reference agree exactly before the first step.
        var wide = tokens.LogProbs.to_type(ScalarType.Float64);
        var sums = how.LdAlpha == 1 ? SequenceLogProbs.Sum(wide, mask) : SequenceLogProbs.Desensitised(wide, mask, how.LdAlpha);
        return new(sums.to_type(tokens.LogProbs.dtype), tokens, mask, mask.sum([-1L])) { PromptLogProbs = answers.PromptLogProbs, PaddedLogits = answers.PaddedLogits, Filled = answers.Filled, Targets = Smooth(answers, how.LabelSmoothing) };
    }

    private static (Tensor, Tensor?) Smooth(AnswerLogProbs a, double e)
    {
        Tensor Mix(Tensor own, Tensor even) => own.mul(tensor(1 - e, own.dtype)).add(even.mul(tensor(e, own.dtype)));
        return a.Uniform is not { } even ? (a.Tokens.LogProbs, a.PromptLogProbs) : (Mix(a.Tokens.LogProbs, even.Answers), a.PromptLogProbs is { } prompts ? Mix(prompts, even.Prompts!) : null);
    }

    /// <summary>The chosen half.</summary>
    public static Tensor Chosen(Tensor t) => t.narrow(0, 0, t.shape[0] / 2);

    /// <summary>The rejected half.</summary>
    public static Tensor Rejected(Tensor t) => t.narrow(0, t.shape[0] / 2, t.shape[0] / 2);

    /// <summary>Token mean of −ℓ over the chosen completions, smoothed where asked for.</summary>
    public Tensor ChosenNll() => SftLoss.TokenMean(Chosen(Targets.Answers), Chosen(Mask));

    /// <summary><c>logits/chosen</c> and <c>logits/rejected</c> as TRL's ORPO and CPO log them: over every position, padding included.</summary>
    public IEnumerable<KeyValuePair<string, double>> PaddedLogitMetrics() => PaddedLogits is not { } logits ? []
        : [new("logits/chosen", Chosen(logits).mean().to_type(ScalarType.Float64).item<double>()), new("logits/rejected", Rejected(logits).mean().to_type(ScalarType.Float64).item<double>())];
}

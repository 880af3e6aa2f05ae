using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Losses;

namespace Alignment.PolicyOptimization.Recipes;

/// <summary>Keys of contrastive preference optimisation; defaults are TRL's.</summary>
public class CpoRecipeOptions : PairRecipeOptions
{
    /// <summary>Name of the recipe in the checkpoint's record.</summary>
    public virtual string Recipe => "cpo";

    [Option("Loss on the difference u of the two log-probabilities: sigmoid −log σ(βu), hinge max(0, 1 − βu), ipo (u − 1/(2β))², simpo −log σ(βu − simpo_gamma); ipo and simpo on means per token, the others on sums.",
        Choices = "sigmoid|hinge|ipo|simpo", Source = "TRL: sigmoid")]
    public string Loss { get; init; } = "sigmoid";

    [Option("β: scale of the difference.", Min = 0, AboveMin = true, Max = 100, Source = "TRL: 0.1; SimPO paper: 2 to 10")]
    public double Beta { get; init; } = 0.1;

    [Option("Share of labels taken to be wrong: used by sigmoid and simpo.", Min = 0, Max = 0.5, Source = "TRL: 0")]
    public double LabelSmoothing { get; init; }

    [Option("Weight of the token-mean NLL of the chosen answers.", Min = 0, Max = 100, Source = "TRL: 1; SimPO: 0")]
    public double CpoAlpha { get; init; } = 1;

    [Option("simpo: γ, the margin by which β·(mean chosen − mean rejected) should win.", Min = 0, Max = 100, Source = "TRL: 0.5; paper: γ/β 0.3 to 0.6")]
    public double SimpoGamma { get; init; } = 0.5;

    [Option("AlphaPO: each log-probability l becomes (1 − e^(−αl))/α; 0 leaves it.", Min = -10, Max = 10, Source = "TRL: 0; AlphaPO paper: 0.25")]
    public double Alpha { get; init; }

    /// <summary>How the pairs go through the policy.</summary>
    public PairForward Forward => new(PairRules.Layout(PairLayout), PaddedLogits: LogitsOver == "every_position" ? 0 : null, LabelSmoothing: Regularisation.LabelSmoothing);

    protected override string? NothingToSmooth => CpoAlpha > 0 ? null : "cpo_alpha is 0, so there is no cross-entropy on the chosen answers; labels of pairs are smoothed by label_smoothing.";

    /// <summary>The loss's own options.</summary>
    public CpoOptions ToLoss() => new(OptionNames.Parse<CpoLossType>(Loss), Beta, LabelSmoothing, SimpoGamma, Alpha, CpoAlpha);

    public override IEnumerable<string> Contradictions(IReadOnlySet<string> given)
    {
        foreach (var problem in base.Contradictions(given))
        {
            yield return problem;
        }

        if (given.Contains("simpo_gamma") && Loss != "simpo")
        {
            yield return $"simpo_gamma needs loss: simpo, and loss is {Loss}.";
        }

        if (LabelSmoothing > 0 && Loss is ("hinge" or "ipo"))
        {
            yield return $"label_smoothing has no effect on {Loss}. Remove it, or use sigmoid or simpo.";
        }
    }
}

using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Training;

namespace Alignment.RewardModeling.Recipes;

/// <summary>Keys of reward modelling; defaults are TRL's unless said otherwise.</summary>
public sealed class RewardOptions : TrainingOptions
{
    public RewardOptions() => LearningRate = 1e-4;

    [Option("Likelihood of what people said: bradley_terry, a winner each pair; soft_labels, by the share of votes (p_win); rao_kupper and davidson, with ties (tie, tie_share) and a learned width; "
        + "plackett_luce and all_pairs, whole rankings (prompt, responses, ranks), all of one prompt together.",
        Choices = "bradley_terry|soft_labels|rao_kupper|davidson|plackett_luce|all_pairs", Source = "TRL: bradley_terry")]
    public string Loss { get; init; } = "bradley_terry";

    [Option("Pulls the mean of the two scores of a pair towards 0, by this weight; 0 is off. bradley_terry.", Min = 0, Max = 10, Source = "TRL: off, 0.01 advised")]
    public double CenterRewardsCoefficient { get; init; }

    [Option("Use the margins of the data: r_chosen should exceed r_rejected by the margin. bradley_terry.", Source = "TRL: where the column exists")]
    public bool UseMargins { get; init; } = true;

    [Option("Score heads on one body, an ensemble: their mean is the score, their spread the uncertainty.", Min = 1, Max = 64, Unit = "heads")]
    public int Heads { get; init; } = 1;

    [Option("Share of the pairs that each head of an ensemble learns from; 1 leaves them to differ by their start alone.", Min = 0.1, Max = 1)]
    public double HeadShare { get; init; } = 0.8;

    [Option("Whole models, an ensemble: one from each of the seeds seed, seed + 1 …, trained one after another. The first is the checkpoint itself, the others lie in members/ below it.", Min = 1, Max = 16, Unit = "models", Source = "Coste et al. 2024: 5")]
    public int Members { get; init; } = 1;

    [Option("How an ensemble's scores become one wherever the finished model scores: their mean less uncertainty_penalty standard deviations, or the lowest.", Choices = "mean|min", Source = "Coste et al. 2024: both")]
    public string Combine { get; init; } = "mean";

    [Option("Standard deviations of the ensemble subtracted from its mean wherever the finished model scores.", Min = 0, Max = 100)]
    public double UncertaintyPenalty { get; init; }

    [Option("Write mean and standard deviation of the scores over the training data into reward.json, and score (score − mean)/std wherever the finished model scores rollouts and candidates.")]
    public bool Normalise { get; init; } = true;

    [Option("shared: prompt and answers in one row, so that the prompt is computed once and nothing is padded; separate: padded rows. Same numbers up to rounding.", Choices = "shared|separate")]
    public string PairLayout { get; init; } = "shared";

    [Option("Held-out pairs for the report: accuracy by strength, length and language, calibration, uncertainty. Empty: no report.")]
    public IReadOnlyList<string> Heldout { get; init; } = [];

    /// <summary>Rows are rankings, not pairs.</summary>
    public bool Ranks => Loss is "plackett_luce" or "all_pairs";

    /// <summary>The tie model's name, or null.</summary>
    public TieModel? Ties => Loss switch { "rao_kupper" => TieModel.RaoKupper, "davidson" => TieModel.Davidson, _ => null };

    public AnswerLayout Layout => OptionNames.Parse<AnswerLayout>(PairLayout);

    protected override string? NothingToSmooth => Loss == "bradley_terry" ? null
        : Loss == "soft_labels" ? "loss: soft_labels has its own soft targets, the shares of votes (p_win)." : $"loss: {Loss} takes the data as they were said; only bradley_terry can give a share of each label to the other answer.";

    public override IEnumerable<string> Contradictions(IReadOnlySet<string> given)
    {
        foreach (var problem in base.Contradictions(given))
        {
            yield return problem;
        }

        foreach (var key in new[] { "center_rewards_coefficient", "use_margins" }.Where(k => given.Contains(k) && Loss != "bradley_terry"))
        {
            yield return $"{key} belongs to loss: bradley_terry, and loss is {Loss}.";
        }

        if (given.Contains("head_share") && Heads == 1)
        {
            yield return "head_share needs an ensemble of heads: heads above 1.";
        }

        foreach (var key in new[] { "uncertainty_penalty", "combine" }.Where(k => given.Contains(k) && Heads == 1 && Members == 1))
        {
            yield return $"{key} needs an ensemble: heads or members above 1.";
        }

        if (Heads > 1 && Members > 1)
        {
            yield return $"heads {Heads} and members {Members} are two kinds of ensemble. Choose one.";
        }

        if (Combine == "min" && UncertaintyPenalty > 0)
        {
            yield return "uncertainty_penalty is subtracted from the mean, and combine is min. Remove one.";
        }
    }
}

using Alignment.ModelCore.Advantages;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Rollouts;
using Alignment.PolicyOptimization.Recipes.Online;

namespace Alignment.PolicyOptimization.Recipes.Ppo;

/// <summary>Keys of proximal policy optimisation with a critic; defaults are TRL's unless said otherwise.</summary>
public sealed class PpoOptions : OnlineOptions
{
    public PpoOptions()
    {
        LearningRate = 3e-6;
        Temperature = .7;
        MaxNewTokens = 53;
    }

    [Option("Folder of the checkpoint the critic starts from; empty: the reward model where its tokens are the policy's, else the policy with a new head.", Source = "TRL: reward model")]
    public string Critic { get; init; } = "";

    [Option("The critic's learning rate as a multiple of learning_rate.", Min = 0, AboveMin = true, Max = 1000, Source = "TRL: 1; OpenRLHF: 9")]
    public double CriticRateScale { get; init; } = 1;

    [Option("Responses to each prompt.", Min = 1, Max = 1024, Source = "TRL: 1")]
    public int SamplesPerPrompt { get; init; } = 1;

    [Option("Passes over the responses of a batch.", Min = 1, Max = 100, Source = "TRL: 4")]
    public int PpoEpochs { get; init; } = 4;

    [Option("Optimiser updates in a pass.", Min = 1, Max = 65536, Source = "TRL: 1")]
    public int MiniBatches { get; init; } = 1;

    [Option("What a micro-batch's token means are divided by: the tokens of its mini-batch, so that splitting changes nothing, or its own (TRL).", Choices = "mini_batch|micro_batch", Source = "OpenRLHF: mini_batch")]
    public string LossDenominator { get; init; } = "mini_batch";

    [Option("Weight of the KL to the reference.", Min = 0, Max = 100, Source = "TRL: 0.05; OpenRLHF: 0.01; verl: 0.001")]
    public double KlCoefficient { get; init; } = .05;

    [Option("Per-token estimator of the KL: k1, k2, k3, abs; a trailing + keeps the value and takes k2's gradient (verl).", Choices = "k1|k2|k3|abs|k1+|k3+", Source = "TRL: k1")]
    public string KlEstimator { get; init; } = "k1";

    [Option("Where the KL is charged: in the rewards, or in the loss (use k2, k1+ or k3+ there: only these have the KL's gradient).", Choices = "reward|loss", Source = "TRL: reward")]
    public string KlIn { get; init; } = "reward";

    [Option("Sequence KL the coefficient is steered to; 0 keeps it fixed.", Min = 0, Unit = "nats", Source = "Ziegler et al. 2019: 6; TRL: fixed")]
    public double KlTarget { get; init; }

    [Option("Samples over which a lasting full error changes the coefficient by a fifth.", Min = 1, Unit = "samples", Source = "10000 everywhere")]
    public double KlHorizon { get; init; } = 10_000;

    [Option("Discount.", Min = 0, Max = 1, Source = "TRL: 1")]
    public double Gamma { get; init; } = 1;

    [Option("λ of the generalised advantages.", Min = 0, Max = 1, Source = "TRL: 0.95; OpenRLHF, verl: 1")]
    public double Lambda { get; init; } = .95;

    [Option("Where the score lands: on the last token (OpenRLHF, verl), or in the slot after it (TRL).", Choices = "last_token|after_last_token", Source = "OpenRLHF: last_token")]
    public string ScoreAt { get; init; } = "last_token";

    [Option("Whiten the shaped rewards; their mean stays.", Source = "TRL: off")]
    public bool WhitenRewards { get; init; }

    [Option("How advantages are whitened over the batch's tokens.", Choices = "trl|verl|open_rlhf", Source = "TRL: trl")]
    public string Whitening { get; init; } = "trl";

    [Option("Scores are held within ± this; 0: as they are.", Min = 0, Source = "TRL: off; OpenRLHF: 10")]
    public double ScoreClip { get; init; }

    [Option("Divide scores by their running standard deviation over the run, or not.", Choices = "none|running", Source = "TRL: none")]
    public string ScoreScaling { get; init; } = "none";

    [Option("ε of the policy's clipped ratio.", Min = 0, AboveMin = true, Max = 10, Source = "TRL: 0.2")]
    public double ClipRange { get; init; } = .2;

    [Option("Upper ε where it differs; 0: the same.", Min = 0, Max = 10, Source = "DAPO: 0.28")]
    public double ClipRangeHigh { get; init; }

    [Option("Dual clip c: for negative advantages the loss is at most −cA; 0: off.", Min = 0, Max = 100, Source = "TRL: off; verl: 3")]
    public double DualClip { get; init; }

    [Option("How token losses become one number.", Choices = "token_mean|token_sum|seq_mean_token_sum|seq_mean_token_sum_norm|seq_mean_token_mean", Source = "TRL: token_mean")]
    public string Aggregation { get; init; } = "token_mean";

    [Option("The critic may move by this much from its values at sampling; 0: no clipping.", Min = 0, Max = 1000, Source = "TRL: 0.2; OpenRLHF, verl: 0.5")]
    public double ValueClipRange { get; init; } = .2;

    [Option("Weight of the critic's loss.", Min = 0, Max = 100, Source = "TRL: 0.1")]
    public double ValueCoefficient { get; init; } = .1;

    [Option("Weight of the entropy bonus.", Min = 0, Max = 10, Source = "TRL: 0")]
    public double EntropyCoefficient { get; init; }

    [Option("What val/ratio, policy/approxkl_avg and policy/entropy_avg average: response tokens, or every slot of the batch, padding too (TRL).", Choices = "tokens|slots")]
    public string MetricsOver { get; init; } = "tokens";

    /// <summary>Shaping and advantages with the coefficient of the moment.</summary>
    public PpoRewardOptions Shaping(double coefficient) => new(
        KlIn == "reward" ? coefficient : 0, KlIn == "reward" ? KlOptions.Parse(KlEstimator) : new(), ScoreAt == "last_token" ? RewardSlot.LastToken : RewardSlot.AfterLastToken, WhitenRewards,
        new(Gamma, Lambda, GaeMasking.Plain), OptionNames.Parse<WhiteningDialect>(Whitening));

    /// <summary>The policy's loss.</summary>
    public PpoPolicyOptions PolicyLoss() => new(
        ClipRange, ClipRangeHigh > 0 ? ClipRangeHigh : ClipRange, DualClip > 0 ? DualClip : null, Aggregation: OptionNames.Parse<LossAggregation>(Aggregation));

    public override IEnumerable<string> Contradictions(IReadOnlySet<string> given)
    {
        foreach (var problem in base.Contradictions(given))
        {
            yield return problem;
        }

        if (DualClip is > 0 and <= 1)
        {
            yield return $"dual_clip is {DualClip}: it must be above 1, or 0 for off.";
        }

        if (BatchSize * GradientAccumulation * SamplesPerPrompt < MiniBatches)
        {
            yield return $"mini_batches ({MiniBatches}) exceeds the {BatchSize * GradientAccumulation * SamplesPerPrompt} responses of a batch (batch_size · gradient_accumulation · samples_per_prompt).";
        }

        if (KlIn == "loss" && (KlEstimator is "k1" or "k3" or "abs"))
        {
            yield return $"kl_estimator: {KlEstimator} has not the KL's gradient in a loss. Use k2, k1+ or k3+ with kl_in: loss.";
        }

        if (KlTarget > 0 && KlCoefficient == 0)
        {
            yield return "kl_target steers kl_coefficient by factors, and kl_coefficient is 0.";
        }
    }
}

using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Losses;
using Alignment.PolicyOptimization.Recipes.Online;

namespace Alignment.PolicyOptimization.Recipes.Group;

/// <summary>Keys of the critic-free methods: several responses to each prompt, compared with each other. Defaults are those of TRL's GRPO.</summary>
public class GroupOptions : OnlineOptions
{
    private const string Estimators = "group|leave_one_out|opo|gpg|pass_at_k|reinforce_pp|reinforce_pp_baseline|remax|nemo";

    public GroupOptions() => MaxNewTokens = 256;

    [Option("Published recipe whose settings fill the keys that are not set; see docs/methods/grpo.md.", Choices = "|" + GroupVariants.Names)]
    public string Variant { get; init; } = "";

    [Option("Responses to each prompt: the group.", Min = 1, Max = 4096, Source = "TRL: 8")]
    public int SamplesPerPrompt { get; set; } = 8;

    [Option("How rewards become advantages.", Choices = Estimators, Source = "TRL: group")]
    public string Advantages { get; set; } = "group";

    [Option("group: what r − mean is divided by.", Choices = "group|batch|none", Source = "TRL: group")]
    public string ScaleRewards { get; set; } = "group";

    [Option("group: several rewards are added up and then compared, or compared one by one and then added up (GDPO).", Choices = "sum_then_normalize|normalize_then_sum", Source = "TRL: sum_then_normalize")]
    public string RewardAggregation { get; set; } = "sum_then_normalize";

    [Option("group: added to the deviation that r − mean is divided by.", Min = 0, Max = 1, Source = "TRL: 1e-4; verl, NeMo-RL: 1e-6; OpenRLHF: 1e-9")]
    public double StdEpsilon { get; init; } = 1e-4;

    [Option("reinforce_pp, reinforce_pp_baseline: how advantages are whitened over the batch's tokens.", Choices = "verl|open_rlhf|trl", Source = "verl: verl")]
    public string Whitening { get; init; } = "verl";

    [Option("leave_one_out: bring advantages to mean 0 and deviation 1 over the batch.", Source = "TRL: off")]
    public bool NormalizeAdvantages { get; init; }

    [Option("Smallest reward; lower ones count as this.", Source = "TRL: off")]
    public double? RewardClipMin { get; init; }

    [Option("Largest reward.", Source = "TRL: off; OpenRLHF: 10")]
    public double? RewardClipMax { get; init; }

    [Option("reinforce_pp: discount of what later tokens get.", Min = 0, Max = 1, Source = "OpenRLHF: 1")]
    public double Gamma { get; init; } = 1;

    [Option("Loss and how it is averaged; rloo takes the ratio of whole sequences.", Choices = "grpo|bnpo|dr_grpo|dapo|cispo|sapo|luspo|vespo|rloo", Source = "TRL: dapo")]
    public string Loss { get; set; } = "dapo";

    [Option("Importance ratio of each token, or of the sequence (GSPO).", Choices = "token|sequence", Source = "TRL: token")]
    public string RatioLevel { get; set; } = "token";

    [Option("ε: how far below 1 the ratio may fall before it is clipped.", Min = 0, Max = 10, Source = "TRL: 0.2")]
    public double Epsilon { get; set; } = .2;

    [Option("ε upwards; unset: as epsilon. cispo takes it as the bound itself.", Min = 0, Max = 100, Source = "DAPO: 0.28; cispo: 5")]
    public double? EpsilonHigh { get; set; }

    [Option("Upper bound of the unclipped ratio (two-sided clipping), above 1 + epsilon_high.", Min = 1, Source = "TRL: off")]
    public double? Delta { get; init; }

    [Option("β: weight of the KL to the reference; 0 needs no reference.", Min = 0, Max = 100, Source = "TRL: 0; DeepSeekMath: 0.04")]
    public double Beta { get; set; }

    [Option("Where the KL is charged: k3 per token in the loss, or k1 in the reward (leave_one_out: its sum; reinforce_pp: per token).", Choices = "loss|reward", Source = "TRL: loss (GRPO), reward (RLOO); OpenRLHF: reward (REINFORCE++)")]
    public string KlIn { get; set; } = "loss";

    [Option("Per-token estimator of a KL in the loss; a trailing + keeps the value and takes k2's gradient (verl).", Choices = "k3|k2|k1+|k3+", Source = "TRL: k3; OpenRLHF: k2 or k3; verl: k3 (low_var_kl)")]
    public string KlEstimator { get; init; } = "k3";

    [Option("cispo: hold the ratio at epsilon_high at most, or within 1 − epsilon and 1 + epsilon_high.", Choices = "upper|both", Source = "TRL and the paper: upper; verl: both")]
    public string CispoClip { get; init; } = "upper";

    [Option("Multiply k3 by the differentiable ratio, which gives it the KL's gradient.", Source = "TRL: on")]
    public bool UseBiasCorrectionKl { get; init; } = true;

    [Option(MovingReference.StepsHelp, Min = 0, Unit = "steps", Source = "TRL: off (sync_ref_model; 512)")]
    public int ReferenceSyncSteps { get; init; }

    [Option(MovingReference.AlphaHelp, Min = 0, Max = 1, Source = "TRL: 0.6")]
    public double ReferenceMixupAlpha { get; init; } = .6;

    [Option("Optimiser steps that the responses of one sampling are cut into.", Min = 1, Max = 1024, Unit = "steps", Source = "TRL: 1 (steps_per_generation / gradient_accumulation)")]
    public int GenerationSteps { get; init; } = 1;

    [Option("Passes over the responses of one sampling.", Min = 1, Max = 100, Source = "TRL: 1")]
    public int Iterations { get; init; } = 1;

    [Option("Compute a prompt once for its responses in a micro-batch, for each of them, or whichever is less arithmetic. Changes the last digits only.", Choices = "auto|shared|separate")]
    public string PromptLayout { get; init; } = "auto";

    [Option("Leave out responses that reached max_new_tokens without an end.", Source = "TRL: off; DAPO: on")]
    public bool MaskTruncated { get; set; }

    [Option("Leave out groups whose rewards are all equal: they say nothing, but count in the averages.", Source = "DAPO: on (dynamic sampling)")]
    public bool FilterEqualGroups { get; set; }

    [Option("How often a prompt whose answers are all worth the same is answered anew.", Min = 0, Max = 100, Unit = "times", Source = "TRL: 0; DAPO: until they differ (dynamic sampling)")]
    public int ResampleEqualGroups { get; init; }

    [Option("Soft punishment of length begins this many tokens before max_new_tokens and reaches −1 there; 0: off.", Min = 0, Unit = "tokens", Source = "DAPO: a fifth of the length")]
    public int OverlongBuffer { get; init; }

    [Option("Policy gradient on this top share of tokens by entropy only.", Min = 0, AboveMin = true, Max = 1, Source = "TRL: 1")]
    public double TopEntropyQuantile { get; init; } = 1;

    [Option("Drop responses with negative advantage whose mean log-probability fell by more than this since sampling.", Min = 0, Source = "TRL: off")]
    public double? OffPolicyMaskThreshold { get; init; }

    [Option("Weight of the entropy bonus.", Min = 0, Max = 10, Source = "TRL: 0")]
    public double EntropyCoefficient { get; init; }

    [Option("The bonus's weight climbs by entropy_step while the entropy is at or below this and falls while above; unset: fixed weight.", Min = 0, Unit = "nats", Source = "TRL: off (0.2)")]
    public double? EntropyTarget { get; init; }

    [Option("That step.", Min = 0, Max = 1, Source = "TRL: 0.005")]
    public double EntropyStep { get; init; } = .005;

    [Option("Correct for sampling from filtered probabilities (top_k, top_p, min_p).", Choices = "none|token_truncate|token_mask|sequence_truncate|sequence_mask", Source = "TRL: sequence_mask with another engine")]
    public string SamplerCorrection { get; init; } = "none";

    [Option("Smallest ratio of the correction.", Min = 0, Source = "TRL: off")]
    public double? CorrectionMin { get; init; }

    [Option("Largest ratio of the correction.", Min = 0, Source = "TRL: 3")]
    public double? CorrectionMax { get; init; } = 3;

    [Option("sapo: temperature for positive advantages.", Min = 0, AboveMin = true, Source = "TRL: 1")]
    public double SapoTemperaturePos { get; init; } = 1;

    [Option("sapo: for negative ones.", Min = 0, AboveMin = true, Source = "TRL: 1.05")]
    public double SapoTemperatureNeg { get; init; } = 1.05;

    [Option("vespo: k for positive advantages.", Source = "TRL: 2")]
    public double VespoKPos { get; init; } = 2;

    [Option("vespo: λ for positive advantages.", Source = "TRL: 3")]
    public double VespoLambdaPos { get; init; } = 3;

    [Option("vespo: k for negative ones.", Source = "TRL: 3")]
    public double VespoKNeg { get; init; } = 3;

    [Option("vespo: λ for negative ones.", Source = "TRL: 2")]
    public double VespoLambdaNeg { get; init; } = 2;

    /// <summary>Prompts of one sampling.</summary>
    public int PromptsPerBatch => BatchSize * GradientAccumulation * GenerationSteps / SamplesPerPrompt;

    /// <summary>Steps of the run that one sampling serves.</summary>
    public int StepsPerBatch => GenerationSteps * Iterations;

    /// <summary>Whether log-probabilities from before the first step are needed: not while the ratio is 1 anyway.</summary>
    public bool NeedsOldLogProbs => StepsPerBatch > 1 || SamplerCorrection != "none";

    /// <summary>The loss's own options; RLOO has its own loss.</summary>
    public GrpoOptions ToLoss(double beta, double entropyCoefficient) => new()
    {
        Type = Loss == "rloo" ? GrpoLossType.Grpo : OptionNames.Parse<GrpoLossType>(Loss), Level = OptionNames.Parse<RatioLevel>(RatioLevel), Beta = KlIn == "loss" ? beta : 0,
        Kl = KlOptions.Parse(KlEstimator), CispoBothSides = CispoClip == "both", Epsilon = Epsilon, EpsilonHigh = EpsilonHigh, Delta = Delta, UseBiasCorrectionKl = UseBiasCorrectionKl, TopEntropyQuantile = TopEntropyQuantile,
        OffPolicyMaskThreshold = OffPolicyMaskThreshold, EntropyCoefficient = entropyCoefficient, Correction = OptionNames.Parse<SamplerCorrection>(SamplerCorrection),
        CorrectionMin = CorrectionMin, CorrectionMax = CorrectionMax, SapoTemperaturePositive = SapoTemperaturePos, SapoTemperatureNegative = SapoTemperatureNeg,
        VespoPositive = (VespoKPos, VespoLambdaPos), VespoNegative = (VespoKNeg, VespoLambdaNeg), MaxCompletionLength = MaxNewTokens,
    };

    public override IEnumerable<string> Contradictions(IReadOnlySet<string> given)
    {
        var responses = BatchSize * GradientAccumulation * GenerationSteps;
        (bool Wrong, string Says)[] rules =
        [
            (responses % SamplesPerPrompt != 0, $"a sampling has {responses} responses (batch_size · gradient_accumulation · generation_steps), which does not divide into groups of samples_per_prompt {SamplesPerPrompt}."),
            (SamplesPerPrompt == 1 && Advantages is not ("reinforce_pp" or "remax"), $"advantages: {Advantages} compares the responses to one prompt, and samples_per_prompt is 1. Use 2 or more, or reinforce_pp or remax."),
            (Delta is { } d && d <= 1 + (EpsilonHigh ?? Epsilon), $"delta ({Delta}) must be above 1 + epsilon_high ({1 + (EpsilonHigh ?? Epsilon)})."),
            (given.Contains("scale_rewards") && Advantages is not ("group" or "nemo"), $"scale_rewards needs advantages: group or nemo, and it is {Advantages}."),
            (Advantages == "nemo" && ScaleRewards == "batch", "advantages: nemo divides by the deviation of the siblings or by nothing: scale_rewards group or none."),
            (RewardAggregation != "sum_then_normalize" && Advantages != "group", $"reward_aggregation: normalize_then_sum needs advantages: group, and it is {Advantages}."),
            (given.Contains("normalize_advantages") && Advantages != "leave_one_out", $"normalize_advantages needs advantages: leave_one_out, and it is {Advantages}."),
            (given.Contains("gamma") && Advantages != "reinforce_pp", $"gamma needs advantages: reinforce_pp, and it is {Advantages}."),
            (Loss == "rloo" && Advantages is "reinforce_pp" or "reinforce_pp_baseline", $"loss: rloo weighs whole sequences, and advantages: {Advantages} gives every token its own."),
            (OffPolicyMaskThreshold is not null && Advantages is "reinforce_pp" or "reinforce_pp_baseline", $"off_policy_mask_threshold needs one advantage a response, and advantages is {Advantages}."),
            (Loss == "rloo" && KlIn == "loss" && Beta > 0, "loss: rloo charges the KL in the reward: kl_in: reward."),
            (given.Contains("std_epsilon") && Advantages != "group", $"std_epsilon needs advantages: group, and it is {Advantages}."),
            (given.Contains("whitening") && Advantages is not ("reinforce_pp" or "reinforce_pp_baseline"), $"whitening needs advantages: reinforce_pp or reinforce_pp_baseline, and it is {Advantages}."),
            (given.Contains("kl_estimator") && KlIn != "loss", "kl_estimator needs kl_in: loss; in the reward the KL is k1."),
            (given.Contains("use_bias_correction_kl") && UseBiasCorrectionKl && KlEstimator != "k3", $"use_bias_correction_kl corrects k3, and kl_estimator is {KlEstimator}."),
            (given.Contains("cispo_clip") && Loss != "cispo", $"cispo_clip needs loss: cispo, and it is {Loss}."),
            (ReferenceSyncSteps > 0 && Beta == 0, "reference_sync_steps moves the reference, and with beta 0 there is none. Set beta, or remove it."),
            (ReferenceSyncSteps > 0 && Tuning.IsAdapter, $"reference_sync_steps moves every weight of a second model towards the policy; with tuning.method {Tuning.Method} the base never changes. Remove one."),
            (given.Contains("reference_mixup_alpha") && ReferenceSyncSteps == 0, "reference_mixup_alpha needs reference_sync_steps above 0."),
            (OverlongBuffer >= MaxNewTokens, $"overlong_buffer ({OverlongBuffer}) must be below max_new_tokens ({MaxNewTokens})."),
        ];
        return [.. base.Contradictions(given), .. rules.Where(r => r.Wrong).Select(r => r.Says)];
    }
}

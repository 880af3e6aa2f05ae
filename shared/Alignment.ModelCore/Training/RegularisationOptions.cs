using Alignment.ModelCore.Configuration;

namespace Alignment.ModelCore.Training;

/// <summary>Keys of the section <c>regularisation</c>: what keeps a model from forgetting and from overfitting, in every recipe alike.</summary>
public sealed class RegularisationOptions : IOptionSet
{
    private static readonly Dictionary<string, string> Of = new(StringComparer.Ordinal)
    {
        ["l2_sp_beta"] = "l2_sp_alpha", ["ewc_data"] = "ewc_lambda", ["ewc_fisher"] = "ewc_lambda", ["ewc_samples"] = "ewc_lambda",
        ["kl_base_data"] = "kl_base_weight", ["kl_base_direction"] = "kl_base_weight", ["kl_base_temperature"] = "kl_base_weight", ["kl_base_rows"] = "kl_base_weight",
        ["replay_data"] = "replay_share", ["replay_weight"] = "replay_share",
        ["average_alpha"] = "average", ["average_density"] = "average", ["average_sweep"] = "average", ["general"] = "forgetting", ["general_rows"] = "forgetting",
    };

    [Option("L2-SP: α/2·Σ(θ − start)² on parameters that the starting checkpoint has; 0 is off.", Min = 0, Source = "Li et al. 2018: 0.1 for SGD on images")]
    public double L2SpAlpha { get; init; }

    [Option("L2-SP: β/2·Σθ² on parameters that were added (adapters, a new head).", Min = 0, Source = "Li et al. 2018: 0.01")]
    public double L2SpBeta { get; init; }

    [Option("Elastic weight consolidation: λ/2·ΣF·(θ − start)²; 0 is off.", Min = 0, Source = "Kirkpatrick et al. 2017: by task")]
    public double EwcLambda { get; init; }

    [Option("Data that must not be forgotten, from which the Fisher information is taken: text, prompts with answers or conversations.")]
    public IReadOnlyList<string> EwcData { get; init; } = [];

    [Option("A Fisher file of an earlier run (state/fisher.safetensors) instead of ewc_data.")]
    public string EwcFisher { get; init; } = "";

    [Option("Rows of ewc_data used.", Min = 1, Unit = "rows")]
    public int EwcSamples { get; init; } = 200;

    [Option("Weight of the KL divergence from the starting checkpoint on neutral text; 0 is off. Needs no second model where an adapter is trained.", Min = 0)]
    public double KlBaseWeight { get; init; }

    [Option("Neutral text: text, prompts with answers or conversations.")]
    public IReadOnlyList<string> KlBaseData { get; init; } = [];

    [Option("forward: KL(base ‖ model); reverse: KL(model ‖ base); js: Jensen–Shannon.", Choices = "forward|reverse|js")]
    public string KlBaseDirection { get; init; } = "forward";

    [Option("Divides both sides' logits; the value is multiplied by its square.", Min = 0, AboveMin = true, Max = 100, Source = "Hinton et al. 2015")]
    public double KlBaseTemperature { get; init; } = 1;

    [Option("Rows of neutral text in each optimiser update.", Min = 1, Max = 65536, Unit = "rows")]
    public int KlBaseRows { get; init; } = 4;

    [Option("General data to go on learning: text, prompts with answers or conversations.")]
    public IReadOnlyList<string> ReplayData { get; init; } = [];

    [Option("Share of general rows among all rows; 0 is off. Supervised fine-tuning mixes them in; other recipes add their next-token loss.", Min = 0, Max = 0.99, Source = "common practice: 0.01 to 0.1")]
    public double ReplayShare { get; init; }

    [Option("Weight of the replayed rows' loss where it is added (not in supervised fine-tuning).", Min = 0, AboveMin = true, Source = "InstructGPT's PPO-ptx: 27.8")]
    public double ReplayWeight { get; init; } = 1;

    [Option("ε of label smoothing: a share of each target goes to all tokens alike (every cross-entropy: sft, pretrain, meta, best-of-n, the supervised term of dpo with loss sft, cpo and orpo), to the other answer of a pair (reward, bradley_terry) or to the other class (prm). Methods without targets refuse it.", Min = 0, Max = 0.999)]
    public double LabelSmoothing { get; init; }

    [Option("Dropout on embeddings, attention and residual stream in place of the checkpoint's own; unset: as it is.", Min = 0, Max = 0.99)]
    public double? Dropout { get; init; }

    [Option("After training, the weights are combined with the starting checkpoint's. With an adapter linear scales it; slerp, ties and dare fold it into the base, weight by weight, where that is possible.", Choices = "none|linear|slerp|ties|dare")]
    public string Average { get; init; } = "none";

    [Option("How much of the trained weights stays: 0 is the start, 1 the trained model.", Min = 0, Max = 2)]
    public double AverageAlpha { get; init; } = 0.5;

    [Option("ties: share of the largest changes kept; dare: probability to keep a change.", Min = 0, AboveMin = true, Max = 1, Source = "Yadav et al. 2023: 0.2")]
    public double AverageDensity { get; init; } = 0.2;

    [Option("Values of alpha to measure and report besides.")]
    public IReadOnlyList<double> AverageSweep { get; init; } = [];

    [Option("Measure before and after what the run forgets: ACC, BWT, FM and perplexity on general text, in every recipe. Takes a few forward passes and changes nothing in the training.")]
    public bool Forgetting { get; init; } = true;

    [Option("General data to measure forgetting on; each file is a task. Empty: replay_data, kl_base_data or ewc_data where one is set, else 32 neutral sentences in English and Brazilian Portuguese that are built in.")]
    public IReadOnlyList<string> General { get; init; } = [];

    [Option("Most rows measured of each general set.", Min = 1, Unit = "rows")]
    public int GeneralRows { get; init; } = 200;

    /// <summary>Files that forgetting is measured on.</summary>
    internal IReadOnlyList<string> Measured => new[] { General, ReplayData, KlBaseData, EwcData }.FirstOrDefault(f => f.Count > 0) ?? [];

    /// <summary>Whether anything here needs a starting checkpoint.</summary>
    internal bool NeedsStart => L2SpAlpha > 0 || L2SpBeta > 0 || EwcLambda > 0 || KlBaseWeight > 0 || ReplayShare > 0 || Average != "none" || General.Count > 0;

    /// <summary>Whether something before or after the run asks what the model knows.</summary>
    internal bool Measures => Forgetting || AverageSweep.Count > 0;

    public IEnumerable<string> Contradictions(IReadOnlySet<string> given)
    {
        bool On(string key) => key switch
        {
            "l2_sp_alpha" => L2SpAlpha > 0 || L2SpBeta > 0, "ewc_lambda" => EwcLambda > 0, "kl_base_weight" => KlBaseWeight > 0,
            "replay_share" => ReplayShare > 0, "average" => Average != "none", _ => Forgetting,
        };
        foreach (var key in given.Where(k => Of.TryGetValue(k, out var main) && !On(main)))
        {
            yield return $"{key} has no effect without {Of[key]}.";
        }

        if (EwcLambda > 0 && (EwcData.Count > 0) == (EwcFisher.Length > 0))
        {
            yield return "ewc_lambda needs either ewc_data or ewc_fisher.";
        }

        if (KlBaseWeight > 0 && KlBaseData.Count == 0)
        {
            yield return "kl_base_weight needs kl_base_data, the neutral text.";
        }

        if (ReplayShare > 0 && ReplayData.Count == 0)
        {
            yield return "replay_share needs replay_data, the general rows.";
        }

        if (given.Contains("average_density") && Average is not ("ties" or "dare"))
        {
            yield return $"average_density needs average: ties or dare, and average is {Average}.";
        }
    }
}

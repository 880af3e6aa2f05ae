using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Training;

namespace Alignment.PolicyOptimization.Recipes;

/// <summary>Keys of direct preference optimisation; defaults are TRL's unless said otherwise.</summary>
public sealed class DpoRecipeOptions : TrainingOptions, IReferenceOptions
{
    private const string Losses = "sigmoid|cdpo|robust|hinge|ipo|ipo_sum|exo_pair|nca_pair|bco_pair|sppo_hard|aot|aot_unpaired|apo_zero|apo_down|discopop|sigmoid_norm|sft";

    public DpoRecipeOptions() => LearningRate = 1e-6;

    [Option("Folder of the reference checkpoint; empty: the starting checkpoint itself.")]
    public string Reference { get; init; } = "";

    [Option("β: how dear it is to leave the reference.", Min = 0, AboveMin = true, Max = 100, Source = "TRL: 0.1")]
    public double Beta { get; init; } = 0.1;

    [Option("Loss, or a list of losses to mix.", Choices = Losses, Source = "TRL: sigmoid")]
    public IReadOnlyList<string> Loss { get; init; } = ["sigmoid"];

    [Option("Weight of each loss in a mixture; empty: 1 each.", Min = 0, Max = 1000, Source = "TRL: 1 each")]
    public IReadOnlyList<double> LossWeights { get; init; } = [];

    [Option("Share of labels taken to be wrong: used by cdpo, robust, exo_pair, aot, aot_unpaired.", Min = 0, Max = 0.5, Source = "TRL: 0")]
    public double LabelSmoothing { get; init; }

    [Option("Divergence from the reference; the legacy ones are TRL 0.9's forms.", Choices = "reverse_kl|forward_kl|js_divergence|alpha_divergence|legacy_alpha_divergence|legacy_js_divergence", Source = "TRL: reverse_kl")]
    public string FDivergence { get; init; } = "reverse_kl";

    [Option("α of alpha_divergence.", Min = -10, Max = 10, Source = "TRL: 0.5")]
    public double FAlpha { get; init; } = 0.5;

    [Option("discopop: τ, how sharply the two losses are blended.", Min = 0, AboveMin = true, Max = 100, Source = "TRL: 0.05")]
    public double DiscopopTau { get; init; } = 0.05;

    [Option("bco_pair: what is subtracted from rewards: nothing, or the running mean of all rewards so far.", Choices = "none|running", Source = "TRL since 0.10: none; TRL 0.9, LLaMA-Factory: running")]
    public string BcoDelta { get; init; } = "none";

    [Option("LD-DPO: weight of the tokens beyond the shorter answer's length; 1 is plain DPO.", Min = 0, Max = 1)]
    public double LdAlpha { get; init; } = 1;

    [Option("LD-DPO: weigh the tail of the reference's answers, too.", Source = "TRL: on; LLaMA-Factory: off")]
    public bool LdReference { get; init; } = true;

    [Option("WPO: weigh pairs by how likely the policy finds them.", Source = "TRL: off")]
    public bool UseWeighting { get; init; }

    [Option("TR-DPO: steps between moving the reference towards the policy; 0 never.", Min = 0, Unit = "steps", Source = "TRL: off (512)")]
    public int ReferenceSyncSteps { get; init; }

    [Option("TR-DPO: how far it moves.", Min = 0, Max = 1, Source = "TRL: 0.6")]
    public double ReferenceMixupAlpha { get; init; } = 0.6;

    [Option(PairRules.TruncationHelp, Choices = PairRules.Truncations, Source = "TRL: keep_start")]
    public string Truncation { get; init; } = PairRules.KeepStart;

    [Option(PairRules.LayoutHelp, Choices = PairRules.Layouts)]
    public string PairLayout { get; init; } = "shared";

    [Option(ReferenceRules.Help, Choices = ReferenceRules.Choices, Source = "TRL: model, or adapter_off with an adapter")]
    public string ReferenceFrom { get; init; } = "precomputed";

    [Option("Folder for reference log-probabilities, shared between runs; empty: the run's own state folder.")]
    public string ReferenceCache { get; init; } = "";

    /// <summary>How the pairs go through the policy.</summary>
    public PairForward Forward => new(PairRules.Layout(PairLayout), LdAlpha, LabelSmoothing: Regularisation.LabelSmoothing);

    protected override string? NothingToSmooth => Loss.Contains("sft") ? null : "it smooths the cross-entropy of loss: sft, which is not among the losses; labels of pairs are smoothed by label_smoothing.";

    /// <summary>How they go through the reference.</summary>
    public PairForward ReferenceForward => Forward with { LdAlpha = LdReference ? LdAlpha : 1, Statistics = false, LabelSmoothing = 0 };

    /// <summary>The losses' own options.</summary>
    public DpoOptions ToLoss() => new()
    {
        Terms = [.. Loss.Select((name, i) => new DpoTerm(OptionNames.Parse<DpoLossType>(name), LossWeights.Count == 0 ? 1 : LossWeights[i]))],
        Beta = Beta,
        LabelSmoothing = LabelSmoothing,
        Divergence = OptionNames.Parse<FDivergence>(FDivergence),
        AlphaCoefficient = FAlpha,
        DiscopopTau = DiscopopTau,
    };

    public override IEnumerable<string> Contradictions(IReadOnlySet<string> given)
    {
        foreach (var problem in base.Contradictions(given))
        {
            yield return problem;
        }

        foreach (var name in Loss.Where(l => !Losses.Split('|').Contains(l, StringComparer.Ordinal)))
        {
            yield return $"loss: '{name}' is not one of {Losses.Replace("|", ", ", StringComparison.Ordinal)}{NearestName.Hint(name, Losses.Split('|'))}";
        }

        if (Loss.Count == 0)
        {
            yield return "loss is empty. Name at least one, or remove the key.";
        }

        if (LossWeights.Count > 0 && LossWeights.Count != Loss.Count)
        {
            yield return $"loss_weights has {LossWeights.Count} numbers for {Loss.Count} losses.";
        }

        if (given.Contains("f_alpha") && FDivergence is not ("alpha_divergence" or "legacy_alpha_divergence"))
        {
            yield return $"f_alpha needs f_divergence: alpha_divergence, and f_divergence is {FDivergence}.";
        }

        if (given.Contains("discopop_tau") && !Loss.Contains("discopop"))
        {
            yield return "discopop_tau needs loss: discopop.";
        }

        if (given.Contains("ld_reference") && LdAlpha == 1)
        {
            yield return "ld_reference needs ld_alpha below 1.";
        }

        if (given.Contains("bco_delta") && !Loss.Contains("bco_pair"))
        {
            yield return "bco_delta needs loss: bco_pair.";
        }

        if (given.Contains("reference_mixup_alpha") && ReferenceSyncSteps == 0)
        {
            yield return "reference_mixup_alpha needs reference_sync_steps above 0.";
        }

        if (LabelSmoothing > 0 && !Loss.Any(l => l is "cdpo" or "robust" or "exo_pair" or "aot" or "aot_unpaired"))
        {
            yield return $"label_smoothing has no effect on {string.Join(", ", Loss)}. Remove it, or use cdpo, robust, exo_pair, aot or aot_unpaired.";
        }

        if (UseWeighting && Loss.Any(l => l is "aot" or "aot_unpaired"))
        {
            yield return "use_weighting weighs pairs, which aot losses take apart. Remove one.";
        }

        if (ReferenceSyncSteps > 0 && Tuning.Method is not ("full" or "freeze"))
        {
            yield return $"reference_sync_steps moves every weight of a second model towards the policy; with tuning.method {Tuning.Method} the base never changes. Remove one.";
        }

        if (ReferenceSyncSteps > 0 && given.Contains("reference_from") && ReferenceFrom != "model")
        {
            yield return $"reference_sync_steps moves the reference, which needs reference_from: model, and it is {ReferenceFrom}.";
        }

        foreach (var problem in ReferenceRules.Contradictions(this))
        {
            yield return problem;
        }

        foreach (var problem in LossProblems())
        {
            yield return problem;
        }
    }

    private IEnumerable<string> LossProblems()
    {
        // What is said already needs no second line.
        if (Loss.Count == 0 || Loss.Except(Losses.Split('|'), StringComparer.Ordinal).Any() || (LossWeights.Count > 0 && LossWeights.Count != Loss.Count))
        {
            return [];
        }

        string? problem = null;
        try
        {
            ToLoss().Validate();
        }
        catch (Exception e) when (e is ArgumentException)
        {
            problem = e.Message;
        }

        return problem is null ? [] : [problem];
    }
}

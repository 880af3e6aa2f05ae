using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Training;

namespace Alignment.PolicyOptimization.Recipes;

/// <summary>What the methods on labelled single answers share.</summary>
public abstract class UnpairedOptions : TrainingOptions, IReferenceOptions
{
    [Option("Folder of the reference checkpoint; empty: the starting checkpoint itself.")]
    public string Reference { get; init; } = "";

    [Option("β: how dear it is to leave the reference.", Min = 0, AboveMin = true, Max = 100, Source = "TRL: 0.1")]
    public double Beta { get; init; } = 0.1;

    [Option(ReferenceRules.Help, Choices = ReferenceRules.Choices, Source = "TRL: model, or adapter_off with an adapter")]
    public string ReferenceFrom { get; init; } = "precomputed";

    [Option("Folder for reference log-probabilities, shared between runs; empty: the run's own state folder.")]
    public string ReferenceCache { get; init; } = "";

    protected override string? NothingToSmooth => "this loss compares an answer with the reference and has no cross-entropy on targets that could be smoothed.";

    public override IEnumerable<string> Contradictions(IReadOnlySet<string> given) => base.Contradictions(given).Concat(ReferenceRules.Contradictions(this));
}

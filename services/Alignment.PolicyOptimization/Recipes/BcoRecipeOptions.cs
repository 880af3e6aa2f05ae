using Alignment.ModelCore.Configuration;

namespace Alignment.PolicyOptimization.Recipes;

/// <summary>Keys of binary classifier optimisation; defaults are TRL's.</summary>
public sealed class BcoRecipeOptions : UnpairedOptions
{
    public BcoRecipeOptions() => LearningRate = 5e-7;

    [Option("Underlying-distribution matching: weigh undesirable rows by how much their prompts look like those of desirable rows.", Source = "TRL: off")]
    public bool Udm { get; init; }

    [Option("udm: folder of the model whose hidden states describe the prompts; empty: the starting checkpoint.")]
    public string UdmModel { get; init; } = "";

    [Option("udm: prompts that the classifier is fitted on.", Min = 10, Max = 1_000_000, Unit = "prompts", Source = "TRL: 1024")]
    public int UdmPrompts { get; init; } = 1024;

    [Option("udm: smallest weight.", Min = 0, Max = 1, Source = "TRL: 0.5")]
    public double UdmMinRatio { get; init; } = 0.5;

    [Option("udm: largest weight.", Min = 1, Max = 1000, Source = "TRL: 10")]
    public double UdmMaxRatio { get; init; } = 10;

    public override IEnumerable<string> Contradictions(IReadOnlySet<string> given)
    {
        foreach (var problem in base.Contradictions(given))
        {
            yield return problem;
        }

        if (!Udm && given.FirstOrDefault(g => g.StartsWith("udm_", StringComparison.Ordinal)) is { } key)
        {
            yield return $"{key} needs udm: true.";
        }
    }
}

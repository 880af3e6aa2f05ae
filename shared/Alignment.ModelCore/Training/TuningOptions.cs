using Alignment.ModelCore.Configuration;

namespace Alignment.ModelCore.Training;

/// <summary>Keys of the section <c>tuning</c>: which parameters learn, in every recipe alike.</summary>
public sealed class TuningOptions : IOptionSet
{
    [Option("What learns: every parameter, or only some layers.", Choices = "full|freeze")]
    public string Method { get; init; } = "full";

    [Option("freeze: how many layers learn, from the end; a negative number counts from the start. Head and final norm learn in any case, the embedding does not.", Min = -1000, Max = 1000, Unit = "layers", Source = "LLaMA-Factory: 2")]
    public int TrainableLayers { get; init; } = 2;

    public IEnumerable<string> Contradictions(IReadOnlySet<string> given)
    {
        if (given.Contains("trainable_layers") && Method != "freeze")
        {
            yield return $"trainable_layers needs method: freeze, and method is {Method}.";
        }
    }
}

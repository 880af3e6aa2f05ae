using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Quantization;

namespace Alignment.ModelCore.Training;

/// <summary>Keys of the section <c>tuning</c>: which parameters learn, in every recipe alike.</summary>
public sealed class TuningOptions : IOptionSet
{
    [Option("What learns: every parameter, or only some layers.", Choices = "full|freeze")]
    public string Method { get; init; } = "full";

    [Option("freeze: how many layers learn, from the end; a negative number counts from the start. Head and final norm learn in any case, the embedding does not.", Min = -1000, Max = 1000, Unit = "layers", Source = "LLaMA-Factory: 2")]
    public int TrainableLayers { get; init; } = 2;

    [Option("How the frozen base under an adapter is held: none (as loaded), NF4 in blocks of 64, the same with quantised scales, or int8 by rows. Embedding, norms and head stay as they are.", Choices = "none|nf4|nf4_double|int8", Source = "bitsandbytes; QLoRA: nf4_double")]
    public string Quantise { get; init; } = "none";

    [Option("int8: also quantise inputs, except for columns that reach this magnitude (LLM.int8); 0 leaves inputs as they are.", Min = 0, Max = 1e6, Source = "bitsandbytes: 6")]
    public double Int8Threshold { get; init; }

    /// <summary><see cref="Quantise"/> as a format, or null.</summary>
    public QuantisationFormat? Format => Quantise == "none" ? null : QuantisationFormat.Named(Quantise) with { OutlierThreshold = Int8Threshold };

    public IEnumerable<string> Contradictions(IReadOnlySet<string> given)
    {
        if (given.Contains("trainable_layers") && Method != "freeze")
        {
            yield return $"trainable_layers needs method: freeze, and method is {Method}.";
        }

        if (Quantise != "none" && (Method is "full" or "freeze"))
        {
            yield return $"quantise: {Quantise} needs an adapter: a quantised weight cannot learn, and method is {Method}.";
        }

        if (given.Contains("int8_threshold") && Quantise != "int8")
        {
            yield return $"int8_threshold needs quantise: int8, and quantise is {Quantise}.";
        }
    }
}

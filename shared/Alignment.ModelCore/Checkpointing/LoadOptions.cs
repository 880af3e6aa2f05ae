using Alignment.ModelCore.Quantization;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Checkpointing;

/// <summary>How to load a model folder.</summary>
public sealed record LoadOptions
{
    /// <summary>Dtype of the weights in memory; null: as config.json says, else as stored.</summary>
    public ScalarType? DType { get; init; }

    /// <summary>
    /// Permission to start a missing classification head at random from this seed (a reward model from a language model). Without it a
    /// missing head is an error: a silently re-initialised head has cost many people a training run.
    /// </summary>
    public ulong? NewHeadSeed { get; init; }

    /// <summary>Quantise the linear layers of the body while reading, one at a time; null: as the file has them.</summary>
    public QuantisationFormat? Quantise { get; init; }

    /// <summary>Open the base alone where the folder holds an adapter beside it.</summary>
    public bool WithoutAdapter { get; init; }

    /// <summary>Labels of a new head; null: as config.json says.</summary>
    public int? NewHeadLabels { get; init; }
}

using static TorchSharp.torch;

namespace Alignment.ModelCore.Checkpointing;

/// <summary>How to write a model folder.</summary>
public sealed record SaveOptions
{
    /// <summary>Dtype on disk; null: that of the weights in memory.</summary>
    public ScalarType? DType { get; init; }

    /// <summary>What is written in the place of a parameter, by name and value and of the same shape; made one at a time. Null: the parameter.</summary>
    public Func<string, Tensor, Tensor>? Change { get; init; }

    /// <summary>Bytes per file before the weights are split into shards; 5 GB unless given.</summary>
    public long MaxShardBytes { get; init; } = 5_000_000_000;

    /// <summary>Folder whose tokenizer and generation files are copied along; null: none.</summary>
    public string? CopyFilesFrom { get; init; }

    /// <summary>Write <c>torch_dtype</c>, <c>rope_theta</c> and <c>rope_scaling</c> as transformers 4 does; null: the spelling the model came with.</summary>
    public bool? Version4Keys { get; init; }
}

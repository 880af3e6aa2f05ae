using System.Text.Json.Nodes;
using Alignment.ModelCore.Architectures.Families;

namespace Alignment.ModelCore.Architectures;

public enum NormKind
{
    /// <summary>x/√(mean x² + ε)·w.</summary>
    Rms,

    /// <summary>x/√(mean x² + ε)·(1 + w), computed in float32 up to the last rounding (Gemma).</summary>
    RmsPlusOne,

    /// <summary>(x − mean)/√(var + ε)·w + b.</summary>
    Layer,
}

public enum HeadKind
{
    /// <summary>Next-token logits.</summary>
    Language,

    /// <summary>One score vector per sequence.</summary>
    Sequence,

    /// <summary>One score vector per token.</summary>
    Token,
}

/// <summary>Everything the one decoder needs to know, whatever the family and whichever way its config.json is spelled.</summary>
public sealed record DecoderConfig
{
    /// <summary><c>model_type</c>: llama, mistral, qwen2, qwen3, gemma, gpt2.</summary>
    public required string Family { get; init; }

    public required DecoderNames Names { get; init; }

    /// <summary>V.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>D.</summary>
    public required int Width { get; init; }

    public required int MlpWidth { get; init; }

    public required int LayerCount { get; init; }

    /// <summary>H.</summary>
    public required int HeadCount { get; init; }

    /// <summary>K; each key/value head serves H/K query heads.</summary>
    public required int KeyValueHeadCount { get; init; }

    /// <summary>S.</summary>
    public required int HeadSize { get; init; }

    public required int MaxPositions { get; init; }

    public NormKind Norm { get; init; } = NormKind.Rms;

    public double NormEpsilon { get; init; } = 1e-6;

    /// <summary>A name of <see cref="Activations"/>.</summary>
    public string Activation { get; init; } = "silu";

    public bool QueryKeyValueBias { get; init; }

    public bool OutputBias { get; init; }

    public bool MlpBias { get; init; }

    /// <summary>RMSNorm over each head of q and k before rotation (Qwen3).</summary>
    public bool QueryKeyNorm { get; init; }

    /// <summary>Null where positions are learned.</summary>
    public RopeConfig? Rope { get; init; }

    /// <summary>A query sees at most this many keys, itself included; null: all.</summary>
    public int? SlidingWindow { get; init; }

    /// <summary>Which layers the window applies to; null: all of them.</summary>
    public IReadOnlyList<bool>? WindowedLayers { get; init; }

    /// <summary>Embeddings are multiplied by √D, rounded to the compute dtype (Gemma).</summary>
    public bool ScaleEmbedding { get; init; }

    /// <summary>Weights lie [in, out] on disk and in memory (GPT-2's Conv1D).</summary>
    public bool TransposedWeights { get; init; }

    /// <summary>Query multiplier in place of 1/√S, per layer; null: 1/√S.</summary>
    public IReadOnlyList<double>? AttentionScales { get; init; }

    public bool TiedEmbedding { get; init; }

    public double EmbeddingDropout { get; init; }

    public double AttentionDropout { get; init; }

    public double ResidualDropout { get; init; }

    public double InitializerRange { get; init; } = 0.02;

    /// <summary>Output projections start smaller by √(2L), as GPT-2 does.</summary>
    public bool ScaledResidualInitialisation { get; init; }

    public int? BosTokenId { get; init; }

    public IReadOnlyList<int> EosTokenIds { get; init; } = [];

    public int? PadTokenId { get; init; }

    /// <summary>From <c>architectures</c>; Language unless it names a classification class.</summary>
    public HeadKind Head { get; init; }

    /// <summary>Width of a classification head.</summary>
    public int LabelCount { get; init; } = 2;

    /// <summary>The dtype the weights were saved in, as transformers spells it; null when the file does not say.</summary>
    public string? DType { get; init; }

    /// <summary>The file as read; written back with only the changed keys replaced.</summary>
    public required JsonObject Json { get; init; }

    public static DecoderConfig Load(string folder) => Parse(ConfigReader.Open(Path.Combine(folder, "config.json")));

    public static DecoderConfig Parse(string json, string source = "config.json") =>
        JsonNode.Parse(json) is JsonObject o ? Parse(new ConfigReader(o, source)) : throw new ArchitectureException($"{source}: the root is not a JSON object.");

    public static DecoderConfig Parse(ConfigReader config)
    {
        var type = config.Text("model_type") ?? throw new ArchitectureException($"{config.Source}: model_type is missing; known are {DecoderFamilies.Known}.");
        return DecoderFamilies.Find(type, config.Source).Read(config).Checked(config.Source);
    }

    /// <summary>Whether layer <paramref name="layer"/> uses the sliding window.</summary>
    public bool IsWindowed(int layer) => SlidingWindow is not null && (WindowedLayers is null || WindowedLayers[layer]);

    private DecoderConfig Checked(string source)
    {
        if (HeadCount % KeyValueHeadCount != 0)
        {
            throw new ArchitectureException($"{source}: num_key_value_heads {KeyValueHeadCount} does not divide num_attention_heads {HeadCount}.");
        }

        if (Rope is not null && HeadSize % 2 != 0)
        {
            throw new ArchitectureException($"{source}: head_dim {HeadSize} is odd; rotary embedding needs pairs.");
        }

        if (WindowedLayers is not null && WindowedLayers.Count != LayerCount)
        {
            throw new ArchitectureException($"{source}: layer_types has {WindowedLayers.Count} entries for {LayerCount} layers.");
        }

        return Activations.IsKnown(Activation)
            ? this
            : throw new ArchitectureException($"{source}: activation '{Activation}' is not supported; known are {Activations.Known}.");
    }
}

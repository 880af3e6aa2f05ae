namespace Alignment.ModelCore.Architectures.Families;

/// <summary>One model family: how its config.json reads. A new family is one subclass in this folder, found by reflection.</summary>
public abstract class DecoderFamily
{
    /// <summary>The <c>model_type</c> it answers to.</summary>
    public abstract string ModelType { get; }

    public abstract DecoderConfig Read(ConfigReader config);

    /// <summary>The keys that Llama-like families share, with the class defaults of transformers.</summary>
    protected DecoderConfig ReadLlamaLike(ConfigReader c, int vocabulary, int width, int mlp, int layers, int heads, int? keyValueHeads, int? headSize, int positions, bool tied = false, int? bos = null, int? eos = null, int? pad = null)
    {
        var headCount = c.Size("num_attention_heads", heads);
        var modelWidth = c.Size("hidden_size", width);
        var maxPositions = c.Size("max_position_embeddings", positions);
        var size = c.SizeOrNone("head_dim") ?? headSize ?? (modelWidth % headCount == 0
            ? modelWidth / headCount
            : throw new ArchitectureException($"{c.Source}: num_attention_heads {headCount} does not divide hidden_size {modelWidth} and head_dim is absent."));
        return WithShared(c, bos, eos, pad, new()
        {
            Family = ModelType, Names = DecoderNames.Llama, Json = c.Json,
            VocabularySize = c.Size("vocab_size", vocabulary),
            Width = modelWidth,
            MlpWidth = c.Size("intermediate_size", mlp),
            LayerCount = c.Size("num_hidden_layers", layers),
            HeadCount = headCount,
            KeyValueHeadCount = c.SizeOrNone("num_key_value_heads") ?? keyValueHeads ?? headCount,
            HeadSize = size,
            MaxPositions = maxPositions,
            NormEpsilon = c.Number("rms_norm_eps", 1e-6),
            Activation = c.Text("hidden_act") ?? "silu",
            Rope = RopeConfig.Read(c, maxPositions),
            AttentionDropout = c.Number("attention_dropout", 0),
            TiedEmbedding = c.Flag("tie_word_embeddings", tied),
        });
    }

    /// <summary>The keys that every family shares; <paramref name="bos"/>, <paramref name="eos"/> and <paramref name="pad"/> are the class defaults.</summary>
    protected static DecoderConfig WithShared(ConfigReader c, int? bos, int? eos, int? pad, DecoderConfig config)
    {
        var architecture = c.Texts("architectures") is [var first, ..] ? first : "";
        return config with
        {
            InitializerRange = c.Number("initializer_range", 0.02),
            BosTokenId = c.Json.ContainsKey("bos_token_id") ? c.TokenOrNone("bos_token_id") : bos,
            EosTokenIds = c.Json.ContainsKey("eos_token_id") || eos is null ? c.Tokens("eos_token_id") : [eos.Value],
            PadTokenId = c.Json.ContainsKey("pad_token_id") ? c.TokenOrNone("pad_token_id") : pad,
            Head = architecture.EndsWith("ForSequenceClassification", StringComparison.Ordinal) ? HeadKind.Sequence
                : architecture.EndsWith("ForTokenClassification", StringComparison.Ordinal) ? HeadKind.Token
                : HeadKind.Language,
            // transformers: id2label counts if present, else num_labels, else 2.
            LabelCount = c.Section("id2label")?.Json.Count ?? c.Size("num_labels", 2),
            DType = c.Text("dtype") ?? c.Text("torch_dtype"),
        };
    }

    /// <summary>Which layers slide: <c>layer_types</c> if present, else those from <c>max_window_layers</c> on.</summary>
    protected static DecoderConfig WithLayerTypes(ConfigReader c, DecoderConfig config)
    {
        var window = c.Flag("use_sliding_window", false) ? c.Json.ContainsKey("sliding_window") ? c.SizeOrNone("sliding_window") : 4096 : null;
        var first = c.Number("max_window_layers", 28);
        var types = c.Texts("layer_types");
        if (types?.FirstOrDefault(t => t is not ("full_attention" or "sliding_attention")) is { } odd)
        {
            throw new ArchitectureException($"{c.Source}: layer type '{odd}' is not supported; known are full_attention, sliding_attention.");
        }

        return config with
        {
            SlidingWindow = window,
            WindowedLayers = types is null
                ? window is null ? null : [.. Enumerable.Range(0, config.LayerCount).Select(i => i >= first)]
                : [.. types.Select(t => t == "sliding_attention")],
        };
    }
}

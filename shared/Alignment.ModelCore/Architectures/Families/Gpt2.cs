namespace Alignment.ModelCore.Architectures.Families;

/// <summary>GPT-2: LayerNorm, learned positions, Conv1D weights [in, out], fused q-k-v, plain GELU MLP, tied head.</summary>
internal sealed class Gpt2 : DecoderFamily
{
    public override string ModelType => "gpt2";

    public override DecoderConfig Read(ConfigReader c)
    {
        int width = c.Size("n_embd", 768), heads = c.Size("n_head", 12), layers = c.Size("n_layer", 12), positions = c.Size("n_positions", 1024);
        if (width % heads != 0)
        {
            throw new ArchitectureException($"{c.Source}: n_head {heads} does not divide n_embd {width}.");
        }

        var scaled = c.Flag("scale_attn_weights", true);
        var byLayer = c.Flag("scale_attn_by_inverse_layer_idx", false);
        return WithShared(c, 50256, 50256, null, new()
        {
            Family = ModelType, Names = DecoderNames.Gpt2, Json = c.Json,
            VocabularySize = c.Size("vocab_size", 50257),
            Width = width, MlpWidth = c.SizeOrNone("n_inner") ?? 4 * width, LayerCount = layers,
            HeadCount = heads, KeyValueHeadCount = heads, HeadSize = width / heads, MaxPositions = positions,
            Norm = NormKind.Layer, NormEpsilon = c.Number("layer_norm_epsilon", 1e-5),
            Activation = c.Text("activation_function") ?? "gelu_new",
            QueryKeyValueBias = true, OutputBias = true, MlpBias = true, TransposedWeights = true,
            AttentionScales = scaled && !byLayer ? null
                : [.. Enumerable.Range(0, layers).Select(i => (scaled ? 1 / Math.Sqrt((double)width / heads) : 1) / (byLayer ? i + 1 : 1))],
            EmbeddingDropout = c.Number("embd_pdrop", 0.1), AttentionDropout = c.Number("attn_pdrop", 0.1), ResidualDropout = c.Number("resid_pdrop", 0.1),
            TiedEmbedding = c.Flag("tie_word_embeddings", true), ScaledResidualInitialisation = true,
        });
    }
}

namespace Alignment.ModelCore.Architectures.Families;

/// <summary>Gemma 1: embeddings times √D, norms multiply by 1 + w, tanh-GELU gate, tied head.</summary>
internal sealed class Gemma : DecoderFamily
{
    public override string ModelType => "gemma";

    public override DecoderConfig Read(ConfigReader c)
    {
        if (c.Flag("use_bidirectional_attention", false))
        {
            throw new ArchitectureException($"{c.Source}: use_bidirectional_attention is not supported.");
        }

        var bias = c.Flag("attention_bias", false);
        return ReadLlamaLike(c, 256000, 3072, 24576, 28, 16, 16, 256, 8192, tied: true, bos: 2, eos: 1, pad: 0) with
        {
            Norm = NormKind.RmsPlusOne, ScaleEmbedding = true, QueryKeyValueBias = bias, OutputBias = bias,
            // The first release says hidden_act gelu and means the tanh form; transformers corrects it too.
            Activation = c.Text("hidden_activation") ?? (c.Text("hidden_act") is { } act and not "gelu" ? act : "gelu_pytorch_tanh"),
        };
    }
}

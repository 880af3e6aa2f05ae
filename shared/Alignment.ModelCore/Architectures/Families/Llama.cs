namespace Alignment.ModelCore.Architectures.Families;

/// <summary>Llama 1–3 and everything published under its architecture (SmolLM, TinyLlama, Yi …).</summary>
internal sealed class Llama : DecoderFamily
{
    public override string ModelType => "llama";

    public override DecoderConfig Read(ConfigReader c)
    {
        var bias = c.Flag("attention_bias", false);
        return ReadLlamaLike(c, 32000, 4096, 11008, 32, 32, null, null, 2048, bos: 1, eos: 2) with
        {
            QueryKeyValueBias = bias, OutputBias = bias, MlpBias = c.Flag("mlp_bias", false),
        };
    }
}

namespace Alignment.ModelCore.Architectures.Families;

/// <summary>Qwen 3: head size independent of the width, RMSNorm on each head of q and k.</summary>
internal sealed class Qwen3 : DecoderFamily
{
    public override string ModelType => "qwen3";

    public override DecoderConfig Read(ConfigReader c)
    {
        var bias = c.Flag("attention_bias", false);
        return WithLayerTypes(c, ReadLlamaLike(c, 151936, 4096, 22016, 32, 32, 32, 128, 32768) with
        {
            QueryKeyNorm = true, QueryKeyValueBias = bias, OutputBias = bias,
        });
    }
}

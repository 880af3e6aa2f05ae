namespace Alignment.ModelCore.Architectures.Families;

/// <summary>Qwen 2 and 2.5: bias on q, k and v only; optional sliding window on the later layers.</summary>
internal sealed class Qwen2 : DecoderFamily
{
    public override string ModelType => "qwen2";

    public override DecoderConfig Read(ConfigReader c) =>
        WithLayerTypes(c, ReadLlamaLike(c, 151936, 4096, 22016, 32, 32, 32, null, 32768) with { QueryKeyValueBias = true });
}

namespace Alignment.ModelCore.Architectures.Families;

/// <summary>Mistral: Llama with a sliding window over all layers (4096 where the key is left out, none where it is null).</summary>
internal sealed class Mistral : DecoderFamily
{
    public override string ModelType => "mistral";

    public override DecoderConfig Read(ConfigReader c) => ReadLlamaLike(c, 32000, 4096, 14336, 32, 32, 8, null, 131072, bos: 1, eos: 2) with
    {
        SlidingWindow = c.Json.ContainsKey("sliding_window") ? c.SizeOrNone("sliding_window") : 4096,
    };
}

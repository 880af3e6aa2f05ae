using Alignment.ModelCore.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Adapters.Prompts;

/// <summary>Virtual tokens before the text's embeddings: prompt tuning (Lester et al. 2021) and P-tuning (Liu et al. 2021).</summary>
internal sealed class TokenPrompt(PromptEncoder encoder, long length) : LearnedPrompt
{
    public override long Length => length;

    public override Tensor Read(Decoder decoder, Tensor x, Tensor? mask, Tensor? positions, IPastKeyValues? past, bool withPrompt)
    {
        var (batch, text) = (x.shape[0], x.shape[1]);
        var rows = encoder.Rows(decoder.training).to_type(x.dtype).unsqueeze(0).expand(batch, length, x.shape[2]);
        var shifted = Shift(positions, mask);
        var places = shifted is null ? null : torch.cat([torch.arange(length, ScalarType.Int64).unsqueeze(0).expand(batch, length), shifted], 1);
        var hidden = decoder.Forward(torch.cat([rows, x], 1), WithRows(mask), places, past);
        return withPrompt ? hidden : hidden.narrow(1, length, text);
    }
}

using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Adapters.Prompts;

/// <summary>
/// Keys and values before the text's in every layer: prefix tuning (Li and Liang 2021). A row of virtual token i is (2L, K, S) in the
/// order layer 0's key, layer 0's value, layer 1's key, …; keys are used as they are, without rotary positions.
/// </summary>
internal sealed class PrefixPrompt(PromptEncoder encoder, long length, DecoderConfig config) : LearnedPrompt
{
    public override long Length => length;

    public override Tensor Read(Decoder decoder, Tensor x, Tensor? mask, Tensor? positions, IPastKeyValues? past, bool withPrompt)
    {
        // (n, 2L·K·S) → (2L, K, n, S)
        var all = encoder.Rows(decoder.training).to_type(decoder.DType).view(length, 2L * config.LayerCount, config.KeyValueHeadCount, config.HeadSize).permute(1, 2, 0, 3);
        var prefix = new Past(all, length, x.shape[0]);
        var shifted = Shift(positions, mask);
        if (past is null)
        {
            return decoder.Forward(x, WithColumns(mask), shifted, prefix);
        }

        for (var layer = 0; layer < config.LayerCount; layer++)
        {
            var (keys, values) = prefix.Of(layer);
            past.Append(layer, keys, values);
        }

        past.Advance(length);
        return decoder.Forward(x, WithColumns(mask), shifted, past);
    }

    /// <summary>What attention sees of it; gradients pass.</summary>
    private sealed class Past(Tensor all, long length, long batch) : IPastKeyValues
    {
        public long Length => length;

        public (Tensor Keys, Tensor Values) Of(int layer) => (Row(2 * layer), Row((2 * layer) + 1));

        public (Tensor Keys, Tensor Values) Append(int layer, Tensor key, Tensor value)
        {
            var (keys, values) = Of(layer);
            return (torch.cat([keys.to_type(key.dtype), key], 2), torch.cat([values.to_type(value.dtype), value], 2));
        }

        public void Advance(long count)
        {
            // One forward pass; nothing is kept.
        }

        private Tensor Row(int index)
        {
            var row = all[index].unsqueeze(0);
            return row.expand(batch, row.shape[1], row.shape[2], row.shape[3]);
        }
    }
}

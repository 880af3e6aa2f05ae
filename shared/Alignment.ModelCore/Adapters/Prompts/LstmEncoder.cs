using Alignment.ModelCore.Native;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Adapters.Prompts;

/// <summary>
/// P-tuning's LSTM (Liu et al. 2021): an embedding through a bidirectional LSTM (gates in the order i, f, g, o) and two linear layers
/// with a relu between.
/// </summary>
internal sealed class LstmEncoder : PromptEncoder
{
    private readonly Parameter embedding;
    private readonly List<(Parameter Input, Parameter Hidden, Parameter InputBias, Parameter HiddenBias)[]> layers = [];
    private readonly (Parameter Weight, Parameter Bias) first;
    private readonly (Parameter Weight, Parameter Bias) last;
    private readonly long size;
    private readonly double dropout;

    public LstmEncoder(Func<string, long[], Tensor> get, long tokens, long width, long size, int depth, double dropout)
    {
        (this.size, this.dropout) = (size, dropout);
        Parameter Make(string name, params long[] shape) => Own(name, get(name, shape));
        embedding = Make("embedding.weight", tokens, width);
        for (var l = 0; l < depth; l++)
        {
            var from = l == 0 ? width : 2 * size;
            layers.Add([.. new[] { "", "_reverse" }.Select(d => (Make($"lstm_head.weight_ih_l{l}{d}", 4 * size, from), Make($"lstm_head.weight_hh_l{l}{d}", 4 * size, size),
                Make($"lstm_head.bias_ih_l{l}{d}", 4 * size), Make($"lstm_head.bias_hh_l{l}{d}", 4 * size)))]);
        }

        first = (Make("mlp_head.0.weight", 2 * size, 2 * size), Make("mlp_head.0.bias", 2 * size));
        last = (Make("mlp_head.2.weight", width, 2 * size), Make("mlp_head.2.bias", width));
    }

    public override Tensor Rows(bool training)
    {
        Tensor x = embedding;
        for (var l = 0; l < layers.Count; l++)
        {
            if (l > 0 && training && dropout > 0)
            {
                x = nn.functional.dropout(x, dropout, training: true);
            }

            x = cat([Direction(x, layers[l][0], backwards: false), Direction(x, layers[l][1], backwards: true)], 1);
        }

        return nn.functional.linear(nn.functional.relu(nn.functional.linear(x, first.Weight, first.Bias)), last.Weight, last.Bias);
    }

    /// <summary>(n, in) → (n, size)</summary>
    private Tensor Direction(Tensor x, (Parameter Input, Parameter Hidden, Parameter InputBias, Parameter HiddenBias) w, bool backwards)
    {
        var length = (int)x.shape[0];
        var gates = nn.functional.linear(x, w.Input, w.InputBias);
        Tensor hidden = zeros([1, size], x.dtype), cell = zeros([1, size], x.dtype);
        var states = new Tensor[length];
        for (var i = 0; i < length; i++)
        {
            var at = backwards ? length - 1 - i : i;
            var g = gates.narrow(0, at, 1).Plus(nn.functional.linear(hidden, w.Hidden, w.HiddenBias));
            Tensor Gate(int k) => g.narrow(1, k * size, size);
            cell = Gate(1).sigmoid().mul(cell).Plus(Gate(0).sigmoid().mul(Gate(2).tanh()));
            hidden = Gate(3).sigmoid().mul(cell.tanh());
            states[at] = hidden;
        }

        return cat(states, 0);
    }
}

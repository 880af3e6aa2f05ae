using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Adapters.Prompts;

/// <summary>An embedding through linear layers with an activation between: prefix projection (tanh) and P-tuning's MLP (relu).</summary>
internal sealed class DenseEncoder : PromptEncoder
{
    private readonly Parameter embedding;
    private readonly List<(Parameter Weight, Parameter Bias)> layers = [];
    private readonly Func<Tensor, Tensor> activate;

    /// <param name="get">A start by name and shape.</param>
    /// <param name="stem">What the layers' names begin with; every other number is an activation.</param>
    /// <param name="sizes">Widths from the embedding's to the result's.</param>
    public DenseEncoder(Func<string, long[], Tensor> get, string stem, long tokens, IReadOnlyList<long> sizes, Func<Tensor, Tensor> activate)
    {
        this.activate = activate;
        embedding = Own("embedding.weight", get("embedding.weight", [tokens, sizes[0]]));
        for (var i = 0; i + 1 < sizes.Count; i++)
        {
            var name = $"{stem}.{2 * i}";
            layers.Add((Own(name + ".weight", get(name + ".weight", [sizes[i + 1], sizes[i]])), Own(name + ".bias", get(name + ".bias", [sizes[i + 1]]))));
        }
    }

    public override Tensor Rows(bool training)
    {
        Tensor x = embedding;
        for (var i = 0; i < layers.Count; i++)
        {
            x = nn.functional.linear(i == 0 ? x : activate(x), layers[i].Weight, layers[i].Bias);
        }

        return x;
    }
}

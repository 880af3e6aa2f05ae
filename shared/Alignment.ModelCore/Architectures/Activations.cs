using TorchSharp.Modules;
using static TorchSharp.torch;
using Functional = TorchSharp.torch.nn.functional;

namespace Alignment.ModelCore.Architectures;

/// <summary>The MLP's activation functions by the names of transformers' ACT2FN.</summary>
public static class Activations
{
    private static readonly Dictionary<string, Func<Tensor, Tensor>> All = new(StringComparer.Ordinal)
    {
        ["silu"] = x => Functional.silu(x),
        ["swish"] = x => Functional.silu(x),
        ["gelu"] = x => Functional.gelu(x),
        ["gelu_python"] = x => Functional.gelu(x),
        ["gelu_new"] = x => Functional.gelu(x, GELU.Approximate.tanh),
        ["gelu_fast"] = x => Functional.gelu(x, GELU.Approximate.tanh),
        ["gelu_accurate"] = x => Functional.gelu(x, GELU.Approximate.tanh),
        ["gelu_pytorch_tanh"] = x => Functional.gelu(x, GELU.Approximate.tanh),
        ["gelu_python_tanh"] = x => Functional.gelu(x, GELU.Approximate.tanh),
        ["quick_gelu"] = x => x.mul(x.mul(tensor(1.702, x.dtype)).sigmoid()),
        ["relu"] = x => Functional.relu(x),
        ["relu2"] = x => Functional.relu(x).square(),
        ["relu_squared"] = x => Functional.relu(x).square(),
        ["tanh"] = x => x.tanh(),
        ["sigmoid"] = x => x.sigmoid(),
        ["mish"] = x => Functional.mish(x),
        ["linear"] = x => x,
    };

    public static string Known => string.Join(", ", All.Keys.Order(StringComparer.Ordinal));

    public static bool IsKnown(string name) => All.ContainsKey(name);

    public static Func<Tensor, Tensor> Find(string name) => All[name];
}

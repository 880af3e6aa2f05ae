using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Adapters.Layers;

internal static class Parameters
{
    /// <summary>A trainable copy outside every dispose scope.</summary>
    public static Parameter Copy(Tensor value)
    {
        var parameter = new Parameter(value.detach().contiguous().clone(), requires_grad: true);
        parameter.DetachFromDisposeScope();
        return parameter;
    }
}

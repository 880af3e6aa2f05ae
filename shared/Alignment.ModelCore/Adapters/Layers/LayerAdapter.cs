using Alignment.ModelCore.Modules;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Adapters.Layers;

/// <summary>What a method adds to one projection: parameters under PEFT's names, a forward pass, and how it folds into the weight and out again.</summary>
public abstract class LayerAdapter : ProjectionAdapter, IDisposable
{
    private readonly List<(string Key, Parameter Value)> tensors = [];

    /// <summary>Parameters by the ending of their key in <c>adapter_model.safetensors</c>, such as <c>lora_A.weight</c>.</summary>
    public IReadOnlyList<(string Key, Parameter Value)> Tensors => tensors;

    /// <summary>The bias with this adapter folded in; the same tensor where nothing changes.</summary>
    public virtual Tensor Bias(Tensor bias) => bias;

    /// <summary>Whether a bias is needed to fold this adapter in.</summary>
    public virtual bool NeedsBias => false;

    /// <summary>The weight (out, in) from before the merge, from the merged one.</summary>
    /// <exception cref="AdapterException">The merge has lost what would be needed.</exception>
    public abstract Tensor UnmergedWeight(Tensor weight);

    /// <summary>The bias from before the merge, from the merged one.</summary>
    public virtual Tensor UnmergedBias(Tensor bias) => bias;

    public void Dispose()
    {
        tensors.ForEach(t => t.Value.Dispose());
        GC.SuppressFinalize(this);
    }

    protected Parameter Own(string key, Tensor value)
    {
        var parameter = Parameters.Copy(value);
        tensors.Add((key, parameter));
        return parameter;
    }
}

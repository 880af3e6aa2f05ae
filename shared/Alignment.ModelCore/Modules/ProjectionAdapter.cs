using static TorchSharp.torch;

namespace Alignment.ModelCore.Modules;

/// <summary>Changes what a <see cref="Projection"/> computes: LoRA, DoRA, IA³ and their kin.</summary>
public abstract class ProjectionAdapter(string name) : nn.Module(name)
{
    /// <summary>(…, in) → (…, out); call <see cref="Projection.Base"/> for the frozen part.</summary>
    public abstract Tensor Forward(Projection target, Tensor input);
}

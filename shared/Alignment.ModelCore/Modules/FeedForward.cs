using Alignment.ModelCore.Architectures;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Modules;

/// <summary>down(act(gate(x))·up(x)), or down(act(up(x))) where the family has no gate.</summary>
public sealed class FeedForward : nn.Module<Tensor, Tensor>
{
    private readonly Projection? gate;
    private readonly Projection up;
    private readonly Projection down;
    private readonly Func<Tensor, Tensor> activate;

    public FeedForward(DecoderConfig config, ParameterSource source, string path)
        : base(nameof(FeedForward))
    {
        activate = Activations.Find(config.Activation);
        var n = config.Names;
        Projection Make(string name, long from, long to, Initialisation initialisation = Initialisation.Normal)
        {
            var made = new Projection(source, $"{path}.{name}", from, to, config.MlpBias, config.TransposedWeights, initialisation);
            register_module(name, made);
            return made;
        }

        gate = n.Gate is null ? null : Make(n.Gate, config.Width, config.MlpWidth);
        up = Make(n.Up, config.Width, config.MlpWidth);
        down = Make(n.Down, config.MlpWidth, config.Width, config.ScaledResidualInitialisation ? Initialisation.Residual : Initialisation.Normal);
    }

    /// <summary>(B, T, D) → (B, T, D)</summary>
    public override Tensor forward(Tensor x) => down.forward(gate is null ? activate(up.forward(x)) : activate(gate.forward(x)).mul(up.forward(x)));
}

using static TorchSharp.torch;

namespace Alignment.ModelCore.Training;

/// <summary>A model in eval mode until disposed, then in the mode it was in.</summary>
public sealed class EvalMode : IDisposable
{
    private readonly nn.Module model;
    private readonly bool training;

    public EvalMode(nn.Module model)
    {
        (this.model, training) = (model, model.training);
        model.eval();
    }

    public void Dispose() => model.train(training);
}

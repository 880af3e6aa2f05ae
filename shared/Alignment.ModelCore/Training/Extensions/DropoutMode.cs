using Alignment.ModelCore.Diagnostics;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Training.Extensions;

/// <summary>Switches a model's dropout on for the run, in recipes that leave it off by themselves.</summary>
internal sealed class DropoutMode(nn.Module model) : IRunExtension
{
    public string Name => "dropout";

    public void Start(IMetricsSink sink) => model.train();

    public void Finish(int step, IMetricsSink sink) => model.eval();

    public void Dispose()
    {
    }
}

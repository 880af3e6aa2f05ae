using static TorchSharp.torch;

namespace Alignment.ModelCore.Training.Extensions;

/// <summary>The trainable parameters and a copy of what they were at the start; copied once, for all that need it.</summary>
/// <param name="isNew">Whether the starting checkpoint does not have this parameter: adapters, a fresh head.</param>
internal sealed class StartingWeights(IReadOnlyList<(string Name, Tensor Value)> trainable, Func<string, bool> isNew) : IDisposable
{
    private List<Tensor>? copies;

    public IReadOnlyList<(string Name, Tensor Value)> Trainable => trainable;

    /// <summary>In the order of <see cref="Trainable"/>.</summary>
    public IReadOnlyList<Tensor> Values => copies ?? throw new InvalidOperationException("The starting weights were not kept.");

    public bool IsNew(int index) => isNew(trainable[index].Name);

    /// <summary>Call while the weights are as they start.</summary>
    public void Keep()
    {
        using var none = no_grad();
        copies ??= [.. trainable.Select(t => t.Value.detach().clone().DetachFromDisposeScope())];
    }

    public void Dispose()
    {
        foreach (var c in copies ?? [])
        {
            c.Dispose();
        }

        copies = null;
    }
}

using static TorchSharp.torch;

namespace Alignment.ModelCore.Training;

/// <summary>A few numbers that change while training (a KL coefficient, running moments) and live in the saved state: hand <see cref="State"/> to <see cref="RunInputs.Companions"/>.</summary>
public sealed class NumberCell : IDisposable
{
    private readonly Tensor numbers;

    public NumberCell(string name, params double[] start)
    {
        numbers = tensor(start, ScalarType.Float64).DetachFromDisposeScope();
        State = (name, numbers);
    }

    /// <summary>Name and storage.</summary>
    public (string Name, Tensor Value) State { get; }

    public double[] Values
    {
        get => numbers.ToDoubles();
        set
        {
            using var scope = NewDisposeScope();
            numbers.copy_(tensor(value, ScalarType.Float64));
        }
    }

    public void Dispose() => numbers.Dispose();
}

using Alignment.ModelCore.Modules;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Adapters.Parts;

/// <summary>Base parameters as they were before a merge, in the order of the changes.</summary>
internal sealed class MergeLog : IDisposable
{
    private readonly List<(Parameter Target, Tensor Before)> entries = [];
    private readonly List<(Projection Target, IWeightStore Before)> stores = [];

    /// <summary>Overwrites a parameter and remembers what it held.</summary>
    public void Write(Parameter target, Tensor value)
    {
        entries.Add((target, target.detach().clone().DetachFromDisposeScope()));
        target.copy_(value);
    }

    /// <summary>Puts another quantised weight in the place of the one that is there.</summary>
    public void Exchange(Projection projection, IWeightStore by) => stores.Add((projection, projection.Exchange(by)));

    /// <summary>Puts everything back bit for bit.</summary>
    public void Restore()
    {
        using var none = torch.no_grad();
        foreach (var (target, before) in Enumerable.Reverse(entries))
        {
            target.copy_(before);
        }

        foreach (var (projection, before) in Enumerable.Reverse(stores))
        {
            projection.Exchange(before).Dispose();
        }

        stores.Clear();
        Dispose();
    }

    public void Dispose()
    {
        entries.ForEach(e => e.Before.Dispose());
        entries.Clear();
        stores.ForEach(s => s.Before.Dispose());
        stores.Clear();
    }
}

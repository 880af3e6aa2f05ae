using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Adapters;

/// <summary>Several adapters on one base. Which of them acts changes without loading anything; several together add up; rows of a batch may differ.</summary>
public sealed class AdapterBank : IDisposable
{
    private readonly Dictionary<string, AdapterSet> adapters = new(StringComparer.Ordinal);
    private List<string> active = [];

    /// <summary>The adapters' names.</summary>
    public IReadOnlyCollection<string> Names => adapters.Keys;

    /// <summary>Those in use.</summary>
    public IReadOnlyList<string> Active => active;

    public AdapterSet this[string name] => adapters.GetValueOrDefault(name)
        ?? throw new AdapterException($"There is no adapter '{name}'; there are {string.Join(", ", adapters.Keys.Order(StringComparer.Ordinal))}.");

    /// <summary>Takes an adapter in, switched off.</summary>
    public void Add(string name, AdapterSet adapter)
    {
        adapter.Disable();
        if (!adapters.TryAdd(name, adapter))
        {
            throw new AdapterException($"There is an adapter '{name}' already.");
        }
    }

    /// <summary>These act from now on, in this order; none: the base.</summary>
    public void Activate(params IReadOnlyList<string> names)
    {
        var wanted = names.Select(n => this[n]).ToList();
        foreach (var name in active)
        {
            adapters[name].Disable();
        }

        wanted.ForEach(a => a.Enable());
        active = [.. names];
    }

    /// <summary>Until disposed, row i of every batch goes through adapter <paramref name="names"/>[i], or through the base where that is null.</summary>
    public IDisposable ByRow(IReadOnlyList<string?> names)
    {
        var before = active;
        Activate();
        var rows = new List<Tensor>();
        foreach (var group in names.Select((n, i) => (Name: n, Row: (long)i)).Where(x => x.Name is not null).GroupBy(x => x.Name!))
        {
            var index = torch.tensor(group.Select(x => x.Row).ToArray()).DetachFromDisposeScope();
            rows.Add(index);
            this[group.Key].Enable(index);
        }

        active = [.. names.OfType<string>().Distinct(StringComparer.Ordinal)];
        return new Rows(this, before, rows);
    }

    public void Dispose()
    {
        foreach (var adapter in adapters.Values)
        {
            adapter.Dispose();
        }

        adapters.Clear();
    }

    private sealed class Rows(AdapterBank bank, List<string> before, List<Tensor> indices) : IDisposable
    {
        public void Dispose()
        {
            bank.Activate(before);
            indices.ForEach(i => i.Dispose());
        }
    }
}

namespace Alignment.ModelCore.Training;

/// <summary>Collects the numbers of one optimiser step: each key is the plain mean over the micro-batches that reported it (TRL's rule).</summary>
public sealed class StepMeans
{
    private readonly Dictionary<string, (double Sum, int Count)> sums = new(StringComparer.Ordinal);

    public void Add(string name, double value)
    {
        var (sum, count) = sums.GetValueOrDefault(name);
        sums[name] = (sum + value, count + 1);
    }

    public void Add(IEnumerable<KeyValuePair<string, double>> values)
    {
        foreach (var (name, value) in values)
        {
            Add(name, value);
        }
    }

    public void Clear() => sums.Clear();

    public IReadOnlyDictionary<string, double> Values => sums.ToDictionary(s => s.Key, s => s.Value.Sum / s.Value.Count, StringComparer.Ordinal);
}

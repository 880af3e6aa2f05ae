namespace Alignment.ModelCore.Generation.LogitsProcessors;

/// <summary>scores / temperature.</summary>
public sealed class TemperatureWarper(double temperature) : ILogitsProcessor
{
    public string Name => "TemperatureLogitsWarper";

    public void Apply(RowHistory history, Span<float> scores)
    {
        var divisor = (float)temperature;
        foreach (ref var s in scores)
        {
            s /= divisor;
        }
    }
}

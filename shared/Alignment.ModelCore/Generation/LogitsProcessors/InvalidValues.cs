namespace Alignment.ModelCore.Generation.LogitsProcessors;

/// <summary>NaN becomes 0, infinities the largest finite values.</summary>
public sealed class InvalidValues : ILogitsProcessor
{
    public string Name => "InfNanRemoveLogitsProcessor";

    public void Apply(RowHistory history, Span<float> scores)
    {
        foreach (ref var s in scores)
        {
            s = float.IsNaN(s) ? 0 : float.Clamp(s, float.MinValue, float.MaxValue);
        }
    }
}

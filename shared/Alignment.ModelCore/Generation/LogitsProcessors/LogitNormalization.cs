namespace Alignment.ModelCore.Generation.LogitsProcessors;

/// <summary>scores − log Σ exp(scores).</summary>
public sealed class LogitNormalization : ILogitsProcessor
{
    public string Name => "LogitNormalization";

    public void Apply(RowHistory history, Span<float> scores)
    {
        var total = Distribution.LogSumExp(scores);
        foreach (ref var s in scores)
        {
            s = (float)(s - total);
        }
    }
}

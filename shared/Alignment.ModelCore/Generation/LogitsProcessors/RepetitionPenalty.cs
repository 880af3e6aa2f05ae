namespace Alignment.ModelCore.Generation.LogitsProcessors;

/// <summary>Divides positive and multiplies negative scores of every id seen, once however often it occurred (arXiv 1909.05858).</summary>
public sealed class RepetitionPenalty(double penalty) : ILogitsProcessor
{
    public string Name => "RepetitionPenaltyLogitsProcessor";

    public void Apply(RowHistory history, Span<float> scores)
    {
        var factor = (float)penalty;
        var seen = new HashSet<int>();
        foreach (var id in history.AsSpan()[history.Padding..])
        {
            if (seen.Add(id))
            {
                scores[id] = scores[id] < 0 ? scores[id] * factor : scores[id] / factor;
            }
        }
    }
}

namespace Alignment.ModelCore.Diagnostics;

/// <summary>
/// Where the seconds of a step go: <c>seconds/generate</c>, <c>seconds/score</c>, <c>seconds/reference</c>, <c>seconds/forward</c>,
/// <c>seconds/backward</c>, <c>seconds/update</c>, and <c>step_time</c> of the whole. A part within a part counts to the outer one.
/// </summary>
public sealed class StepSeconds(TimeProvider clock)
{
    private readonly Dictionary<string, TimeSpan> parts = new(StringComparer.Ordinal);
    private long begun = clock.GetTimestamp();
    private bool inside;

    /// <summary>A step begins.</summary>
    public void Begin()
    {
        parts.Clear();
        begun = clock.GetTimestamp();
    }

    /// <summary>Does the work and adds its time to the part.</summary>
    public T Measure<T>(string part, Func<T> work)
    {
        if (inside)
        {
            return work();
        }

        inside = true;
        var start = clock.GetTimestamp();
        try
        {
            return work();
        }
        finally
        {
            inside = false;
            parts[part] = parts.GetValueOrDefault(part) + clock.GetElapsedTime(start);
        }
    }

    /// <summary>The step's seconds so far.</summary>
    public void WriteTo(IDictionary<string, double> values)
    {
        foreach (var (part, time) in parts)
        {
            values["seconds/" + part] = time.TotalSeconds;
        }

        values["step_time"] = clock.GetElapsedTime(begun).TotalSeconds;
    }
}

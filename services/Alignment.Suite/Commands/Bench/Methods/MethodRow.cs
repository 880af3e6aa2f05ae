namespace Alignment.Suite.Commands.Bench.Methods;

/// <summary>One method's line, and its object in the JSON.</summary>
/// <param name="WinRate">Share of pairs of an answer of the tuned policy and one of the starting point, to the same held-out prompt, in which gold prefers the first; a tie is half.</param>
/// <param name="Kl">Mean log π − log π_start of the tuned policy's answers, nats per answer.</param>
/// <param name="Gold">Mean rubric score of the tuned policy's answers, 0 … 1.</param>
/// <param name="Proxy">Mean score that the reward model gives them.</param>
/// <param name="Seconds">Wall clock of one training run, start of the process included.</param>
/// <param name="PeakRssBytes">Largest resident set of a training process.</param>
internal sealed record MethodRow(string Method, Estimate WinRate, double Kl, double Gold, double Proxy, double Seconds, long PeakRssBytes);

/// <param name="Low">Lower end of the 95 % interval over seeds and prompts.</param>
internal sealed record Estimate(double Value, double Low, double High)
{
    /// <summary>In JSON: <c>{estimate, low, high}</c>.</summary>
    public object ToJson() => new { Estimate = Value, Low, High };
}

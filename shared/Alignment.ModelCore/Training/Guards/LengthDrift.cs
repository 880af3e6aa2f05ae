using System.Globalization;

namespace Alignment.ModelCore.Training.Guards;

/// <summary>Answers grew or shrank by more than a factor since the start: reward is being earned by length.</summary>
/// <param name="metrics">Names of the metric: mean tokens of an answer.</param>
/// <param name="factor">Allowed ratio to the baseline, both ways; above 1.</param>
public sealed class LengthDrift(IReadOnlyList<string> metrics, double factor) : IGuard
{
    public string Name => "length_drift";

    public IReadOnlyList<string> Watches => metrics;

    public bool CuredByKl => true;

    public Verdict Judge(GuardHistory history)
    {
        if (history.Reported(metrics) is not { } series || series.Window(history.Window) is not { Count: > 0 } window || !(series.Baseline > 0))
        {
            return Verdict.Calm;
        }

        var (length, ratio) = (window.Average(), window.Average() / series.Baseline);
        return ratio <= factor && ratio >= 1 / factor ? Verdict.Calm : Verdict.Fire(
            string.Create(CultureInfo.InvariantCulture, $"answers have {length:0.#} tokens over the last {window.Count} measurements, {series.Baseline:0.#} at the start: ×{ratio:0.##}, and ×{factor:0.##} either way is allowed"),
            ("length", length), ("start", series.Baseline), ("ratio", ratio));
    }
}

namespace Alignment.ModelCore.Training.Guards;

/// <summary>
/// Measures the policy on a held-out set while it trains. It must leave weights, mode and torch's generator as they were, and give the
/// same numbers for the same weights, so that a resumed run decides alike. It is never cancelled: the step that it follows is done.
/// </summary>
public interface IRunProbe : IDisposable
{
    /// <summary>The numbers of <see cref="ProbeMetrics"/> that this probe has.</summary>
    IReadOnlyDictionary<string, double> Measure();
}

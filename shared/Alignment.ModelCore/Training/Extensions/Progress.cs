namespace Alignment.ModelCore.Training.Extensions;

/// <summary>The best of a series of evaluations, and for how many there was no progress (transformers' EarlyStoppingCallback).</summary>
/// <param name="lowerIsBetter">False: higher.</param>
/// <param name="minDelta">Progress must exceed this to count for <see cref="Stale"/>; the best value itself needs only be better.</param>
internal sealed class Progress(bool lowerIsBetter, double minDelta)
{
    public double Best { get; private set; } = double.NaN;

    /// <summary>Evaluations in a row without progress.</summary>
    public int Stale { get; private set; }

    /// <summary>Takes one value; true when it is the best so far. A value that is not a number is no progress.</summary>
    public bool Observe(double value)
    {
        if (double.IsNaN(value))
        {
            Stale++;
            return false;
        }

        var gain = double.IsNaN(Best) ? double.PositiveInfinity : lowerIsBetter ? Best - value : value - Best;
        Stale = gain > minDelta ? 0 : Stale + 1;
        if (gain <= 0)
        {
            return false;
        }

        Best = value;
        return true;
    }

    public void Restore(double best, int stale) => (Best, Stale) = (best, stale);
}

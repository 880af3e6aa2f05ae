using static TorchSharp.torch;

namespace Alignment.ModelCore.Losses;

/// <summary>
/// Mean and variance of every value seen so far, updated batch by batch (Chan et al. 1979). A checkpoint carries it; TRL calls the file
/// <c>running.json</c>. The initial count of 1e-24 leaves no trace.
/// </summary>
/// <param name="Variance">Population variance.</param>
/// <param name="StandardDeviation">With Bessel's correction.</param>
public sealed record RunningMoments(double Mean = 0, double Variance = 1, double StandardDeviation = 1, double Count = 1e-24)
{
    public RunningMoments Add(ReadOnlySpan<double> values)
    {
        if (values.IsEmpty)
        {
            return this;
        }

        double sum = 0, squares = 0;
        foreach (var x in values)
        {
            sum += x;
        }

        var mean = sum / values.Length;
        foreach (var x in values)
        {
            squares += (x - mean) * (x - mean);
        }

        double delta = mean - Mean, total = Count + values.Length;
        var variance = (squares + (Variance * Count) + (delta * delta * Count * values.Length / total)) / total;
        return new(Mean + (delta * values.Length / total), variance, Math.Sqrt(variance * total / (total - 1)), total);
    }

    public RunningMoments Add(Tensor values) => Add(values.Doubles());
}

/// <summary>
/// The running mean of batch means, every batch weighing 1 whatever its size: δ of <c>bco_pair</c> in TRL 0.9 and LLaMA-Factory.
/// </summary>
public sealed record BatchMean(double Mean = 0, long Batches = 0)
{
    public BatchMean Add(double batchMean) => new(Mean + ((batchMean - Mean) / (Batches + 1)), Batches + 1);
}

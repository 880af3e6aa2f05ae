namespace Alignment.ModelCore.Training.Advice;

/// <summary>Every setting worth considering, the best first: method before batch, because a smaller micro-batch costs only time.</summary>
public static class Choices
{
    /// <summary>Up to this size every parameter is trained where memory allows: an adapter would save little.</summary>
    public const long SmallModel = 50_000_000;

    public static List<AdvisedSettings> For(ModelShape model, DataShape data, Goal goal, TrainingOptions defaults)
    {
        var rank = data.Rows < 1000 ? 8 : data.Rows < 20_000 ? 16 : 32;
        var rows = Math.Clamp(Floor(data.Rows / 20), 1, goal.Rows);
        var length = Math.Min(defaults.MaxLength, model.Config.MaxPositions);
        var compute = ComputeSpeed.Preferred(model);
        var methods = new List<(string Method, string Quantise, double Rate)>();
        if (model.Parameters <= SmallModel)
        {
            methods.Add(("full", "none", defaults.LearningRate));
        }

        // LoRA wants about ten times the rate of full training (Biderman et al. 2024; Schulman et al. 2025).
        methods.Add(("lora", "none", 10 * defaults.LearningRate));
        methods.Add(("lora", "nf4_double", 10 * defaults.LearningRate));
        var all = new List<AdvisedSettings>();
        foreach (var (method, quantise, rate) in methods)
        {
            for (var micro = rows; micro >= 1; micro /= 2)
            {
                all.Add(new(method, rank, quantise, compute, micro, Math.Max(1, rows / micro), length, rate));
            }
        }

        return all;
    }

    /// <summary>The largest power of two that is not above n.</summary>
    private static int Floor(int n) => n < 1 ? 0 : 1 << (31 - System.Numerics.BitOperations.LeadingZeroCount((uint)n));
}

using System.Globalization;
using System.Text.Json.Nodes;

namespace Alignment.ModelCore.Training.Advice;

/// <summary>Every setting worth considering, the best first: method before batch, because a smaller micro-batch costs only time.</summary>
public static class Choices
{
    /// <summary>Up to this size every parameter is trained where memory allows: an adapter would save little.</summary>
    public const long SmallModel = 50_000_000;

    /// <param name="set">The user's own keys: only settings that have them are considered.</param>
    public static List<AdvisedSettings> For(ModelShape model, DataShape data, Goal goal, TrainingOptions defaults, AnswerKeys? answers = null, JsonObject? set = null)
    {
        set ??= [];
        answers ??= AnswerKeys.Of(defaults, set);
        var rank = data.Rows < 1000 ? 8 : data.Rows < 20_000 ? 16 : 32;
        var rows = RowsOfAStep(data, goal, answers);
        var length = Number(set, "max_length") is { } l ? (int)l : Math.Min(defaults.MaxLength, model.Config.MaxPositions);
        var compute = set["compute"]?.ToString() ?? ComputeSpeed.Preferred(model);
        var all = new List<AdvisedSettings>();
        foreach (var (method, quantise, rate) in Methods(model, defaults, set))
        {
            foreach (var (micro, accumulation) in Splits(rows, set))
            {
                all.Add(new(method, Number(set, "tuning.rank") is { } r ? (int)r : rank, quantise, compute, micro, accumulation, length, rate, answers.Fitting(length, data.LongestTokens)));
            }
        }

        return all;
    }

    // A critic-free method takes whole groups of answers.
    private static int RowsOfAStep(DataShape data, Goal goal, AnswerKeys answers)
    {
        var rows = Math.Clamp(Floor(data.Rows / 20), 1, goal.Rows);
        return goal.Grouped ? answers.Samples * Math.Max(1, Math.Min(rows, goal.Rows / answers.Samples)) : rows;
    }

    private static List<(string Method, string Quantise, double Rate)> Methods(ModelShape model, TrainingOptions defaults, JsonObject set)
    {
        var methods = new List<(string Method, string Quantise, double Rate)>();
        var (full, adapter) = (defaults.LearningRate, Math.Min(10 * defaults.LearningRate, 10));
        if (Number(set, "learning_rate") is { } rate)
        {
            (full, adapter) = (rate, rate);
        }

        var method = set["tuning.method"]?.ToString();
        if (method is "full" or "freeze" || (method is null && !model.IsAdapter && model.Parameters <= SmallModel))
        {
            methods.Add((method ?? "full", "none", full));
        }

        if (method is not ("full" or "freeze"))
        {
            // LoRA wants about ten times the rate of full training (Biderman et al. 2024; Schulman et al. 2025).
            methods.Add((method ?? "lora", "none", adapter));
            methods.Add((method ?? "lora", "nf4_double", adapter));
        }

        return set["tuning.quantise"]?.ToString() is not { } quantise ? methods
            : [.. methods.Where(m => quantise == "none" || m.Method is not ("full" or "freeze")).Select(m => m with { Quantise = quantise }).Distinct()];
    }

    private static IEnumerable<(int Micro, int Accumulation)> Splits(int rows, JsonObject set)
    {
        var (batch, accumulation) = ((int?)Number(set, "batch_size"), (int?)Number(set, "gradient_accumulation"));
        if (batch is { } b)
        {
            return [(b, accumulation ?? Math.Max(1, (rows + b - 1) / b))];
        }

        return accumulation is { } a ? [(Math.Max(1, rows / a), a)] : Enumerable.Range(1, rows).Where(m => rows % m == 0).Reverse().Select(m => (m, rows / m));
    }

    private static double? Number(JsonObject set, string key) => double.TryParse(set[key]?.ToString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var n) && n is > 0 and < 1e6 ? n : null;

    /// <summary>The largest power of two that is not above n.</summary>
    private static int Floor(int n) => n < 1 ? 0 : 1 << (31 - System.Numerics.BitOperations.LeadingZeroCount((uint)n));
}

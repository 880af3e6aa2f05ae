using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Harness;

/// <summary>Comparisons that say where and by how much two answers differ.</summary>
public static class Expect
{
    /// <summary>|actual − expected| ≤ abs + rel·|expected|, element by element; NaN equals NaN, infinities must match.</summary>
    public static void Close(string what, ReadOnlySpan<double> actual, ReadOnlySpan<double> expected, double abs, double rel = 0)
    {
        if (actual.Length != expected.Length)
        {
            throw new GoldenMismatchException($"{what}: {actual.Length} values, expected {expected.Length}.");
        }

        var worst = -1;
        var worstExcess = 0.0;
        for (var i = 0; i < expected.Length; i++)
        {
            if (actual[i].Equals(expected[i]))
            {
                continue;
            }

            var excess = Math.Abs(actual[i] - expected[i]) - abs - (rel * Math.Abs(expected[i]));
            if (double.IsNaN(excess) || double.IsInfinity(expected[i]))
            {
                excess = double.PositiveInfinity;
            }

            if (excess > worstExcess)
            {
                (worst, worstExcess) = (i, excess);
            }
        }

        if (worst >= 0)
        {
            throw new GoldenMismatchException(string.Create(CultureInfo.InvariantCulture,
                $"{what}[{worst}] = {actual[worst]:R}, expected {expected[worst]:R} (difference {Math.Abs(actual[worst] - expected[worst]):E2}, allowed {abs + (rel * Math.Abs(expected[worst])):E2})."));
        }
    }

    public static void Close(string what, double actual, double expected, double abs, double rel = 0) => Close(what, [actual], [expected], abs, rel);

    /// <summary>Compares a tensor of any floating dtype with the stored one, shape included.</summary>
    public static void Close(string what, Tensor actual, FixtureTensors expected, string name, double abs, double rel = 0)
    {
        Equal<long>($"{what} shape", actual.shape, expected.Shape(name));
        Close(what, Values(actual), expected.Doubles(name), abs, rel);
    }

    /// <summary>‖actual − expected‖₂ ≤ rel·‖expected‖₂.</summary>
    public static void RelativeL2(string what, ReadOnlySpan<double> actual, ReadOnlySpan<double> expected, double rel)
    {
        if (actual.Length != expected.Length)
        {
            throw new GoldenMismatchException($"{what}: {actual.Length} values, expected {expected.Length}.");
        }

        double difference = 0, norm = 0;
        for (var i = 0; i < expected.Length; i++)
        {
            difference += (actual[i] - expected[i]) * (actual[i] - expected[i]);
            norm += expected[i] * expected[i];
        }

        if (!(Math.Sqrt(difference) <= rel * Math.Sqrt(norm)))
        {
            throw new GoldenMismatchException(string.Create(CultureInfo.InvariantCulture,
                $"{what}: relative L2 difference {Math.Sqrt(difference / norm):E2}, allowed {rel:E2}."));
        }
    }

    /// <summary>Exact equality of sequences.</summary>
    public static void Equal<T>(string what, IReadOnlyList<T> actual, IReadOnlyList<T> expected)
    {
        for (var i = 0; i < Math.Min(actual.Count, expected.Count); i++)
        {
            if (!EqualityComparer<T>.Default.Equals(actual[i], expected[i]))
            {
                throw new GoldenMismatchException($"{what}[{i}] = {actual[i]}, expected {expected[i]}.");
            }
        }

        if (actual.Count != expected.Count)
        {
            throw new GoldenMismatchException($"{what}: {actual.Count} items, expected {expected.Count}.");
        }
    }

    public static void Equal<T>(string what, T actual, T expected)
    {
        if (!EqualityComparer<T>.Default.Equals(actual, expected))
        {
            throw new GoldenMismatchException($"{what}: {actual}, expected {expected}.");
        }
    }

    /// <summary>The tensor's values widened to double, row-major.</summary>
    public static double[] Values(Tensor t)
    {
        using var scope = torch.NewDisposeScope();
        return t.detach().to_type(ScalarType.Float64).cpu().contiguous().data<double>().ToArray();
    }
}

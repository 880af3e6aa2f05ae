using System.Globalization;
using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

/// <summary>Reading numbers and tensors out of the cases' JSON, and comparisons at |a − b| ≤ tolerance·(1 + |b|).</summary>
internal static class LossCases
{
    /// <summary>A number, or one of the strings NaN, Infinity, -Infinity.</summary>
    internal static double Number(this JsonElement e) => e.ValueKind switch
    {
        JsonValueKind.String => double.Parse(e.GetString()!, NumberStyles.Float, CultureInfo.InvariantCulture),
        JsonValueKind.True => 1,
        JsonValueKind.False => 0,
        _ => e.GetDouble(),
    };

    internal static double Number(this JsonElement e, string name) => e.GetProperty(name).Number();

    /// <summary>The property, or null where it is absent or null.</summary>
    internal static JsonElement? Maybe(this JsonElement e, string name) =>
        e.TryGetProperty(name, out var p) && p.ValueKind != JsonValueKind.Null ? p : null;

    internal static double Number(this JsonElement e, string name, double otherwise) => e.Maybe(name)?.Number() ?? otherwise;

    internal static bool Flag(this JsonElement e, string name) => e.Maybe(name) is { } p && p.Number() != 0;

    internal static string Text(this JsonElement e, string name) => e.GetProperty(name).GetString()!;

    internal static double[] Numbers(this JsonElement e) => e.ValueKind == JsonValueKind.Array
        ? [.. e.EnumerateArray().SelectMany(x => x.Numbers())]
        : [e.Number()];

    internal static double[] Numbers(this JsonElement e, string name) => e.GetProperty(name).Numbers();

    internal static long[] Ids(this JsonElement e, string name) => [.. e.GetProperty(name).EnumerateArray().Select(x => x.GetInt64())];

    /// <summary>A float64 vector that takes gradients.</summary>
    internal static Tensor Leaf(this JsonElement e, string name) => torch.tensor(e.Numbers(name), ScalarType.Float64).requires_grad_();

    internal static Tensor Vector(this JsonElement e, string name) => torch.tensor(e.Numbers(name), ScalarType.Float64);

    internal static Tensor Leaf(this FixtureTensors t, string name, ScalarType type = ScalarType.Float64) =>
        t.Tensor(name).to_type(type).detach().clone().requires_grad_();

    internal static Tensor Double(this FixtureTensors t, string name) => t.Tensor(name).to_type(ScalarType.Float64);

    /// <summary>Row <paramref name="i"/> of a stored (N, …) tensor.</summary>
    internal static double[] Row(this FixtureTensors t, string name, int i)
    {
        var all = t.Doubles(name);
        var width = all.Length / (int)t.Shape(name)[0];
        return all[(i * width)..((i + 1) * width)];
    }

    internal static void Near(string what, double[] actual, double[] expected, double tolerance) => Expect.Close(what, actual, expected, tolerance, tolerance);

    internal static void Near(string what, double actual, double expected, double tolerance) => Expect.Close(what, actual, expected, tolerance, tolerance);

    internal static void Near(string what, Tensor actual, double[] expected, double tolerance) => Near(what, Expect.Values(actual), expected, tolerance);

    internal static void Near(string what, Tensor actual, double expected, double tolerance) => Near(what, Expect.Values(actual), [expected], tolerance);

    /// <summary>Every key of the expected object must be among the actual metrics and agree.</summary>
    internal static void Metrics(string what, IReadOnlyDictionary<string, double> actual, JsonElement expected, double tolerance, params string[] exempt)
    {
        foreach (var p in expected.EnumerateObject().Where(p => !exempt.Contains(p.Name)))
        {
            if (!actual.TryGetValue(p.Name, out var value))
            {
                throw new GoldenMismatchException($"{what}: no metric '{p.Name}'.");
            }

            Near($"{what} {p.Name}", value, p.Value.Number(), tolerance);
        }
    }

    /// <summary>The gradient, zeros where nothing flowed back.</summary>
    internal static double[] Gradient(this Tensor leaf) => leaf.grad is { } g ? Expect.Values(g) : new double[leaf.numel()];

    internal static void Wrong(bool wrong, string message)
    {
        if (wrong)
        {
            throw new GoldenMismatchException(message);
        }
    }
}

using System.Globalization;
using System.Text.Json;

namespace Alignment.Golden.Tests.Harness;

/// <summary>Short ways to read a case's JSON; non-finite numbers are strings there.</summary>
internal static class JsonReading
{
    public static double Number(this JsonElement e) => e.ValueKind == JsonValueKind.String
        ? e.GetString() switch
        {
            "NaN" => double.NaN,
            "Infinity" => double.PositiveInfinity,
            "-Infinity" => double.NegativeInfinity,
            var s => double.Parse(s!, CultureInfo.InvariantCulture),
        }
        : e.GetDouble();

    public static double Number(this JsonElement e, string name) => e.GetProperty(name).Number();

    public static int Int(this JsonElement e, string name) => e.GetProperty(name).GetInt32();

    public static double[] Numbers(this JsonElement e) => [.. e.EnumerateArray().Select(x => x.Number())];

    public static double[] Numbers(this JsonElement e, string name) => e.GetProperty(name).Numbers();

    public static int[] Ints(this JsonElement e) => [.. e.EnumerateArray().Select(x => x.GetInt32())];

    public static int[] Ints(this JsonElement e, string name) => e.GetProperty(name).Ints();

    public static double[][] Matrix(this JsonElement e, string name) => [.. e.GetProperty(name).EnumerateArray().Select(r => r.Numbers())];

    public static JsonElement[] Items(this JsonElement e, string name) => [.. e.GetProperty(name).EnumerateArray()];

    public static bool Has(this JsonElement e, string name) => e.ValueKind == JsonValueKind.Object && e.TryGetProperty(name, out _);
}

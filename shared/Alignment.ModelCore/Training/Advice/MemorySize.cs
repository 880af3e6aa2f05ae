using System.Globalization;
using Alignment.ModelCore.Configuration;

namespace Alignment.ModelCore.Training.Advice;

/// <summary>Amounts of memory as people write them: <c>16G</c>, <c>16GiB</c>, <c>800M</c>; G and GiB are 2³⁰ bytes, GB is 10⁹.</summary>
public static class MemorySize
{
    /// <summary>No machine has more: what is above was mistyped.</summary>
    private const double Most = 1L << 50;

    public static long Parse(string text)
    {
        var number = text.TrimEnd('b', 'B', 'i', 'k', 'K', 'm', 'M', 'g', 'G', 't', 'T').Trim();
        var unit = text[number.Length..].Trim().ToUpperInvariant();
        var power = unit.Length == 0 ? 0 : "KMGT".IndexOf(unit[0], StringComparison.Ordinal) + 1;
        var known = unit is "" or "B" || (power > 0 && unit[1..] is "" or "B" or "IB");
        var bytes = known && double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value * Math.Pow(unit.Length == 2 && unit != "B" ? 1000 : 1024, power) : double.NaN;
        // Written so that NaN is refused, too.
        if (!(bytes >= 1 && bytes <= Most))
        {
            throw new OptionsException([$"memory: '{text}' is no amount between 1 byte and 1024 TiB; write 16G or 800M."]);
        }

        return (long)bytes;
    }

    public static string Text(double bytes) => bytes >= 1e9 ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.00} GB") : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0} MB");
}

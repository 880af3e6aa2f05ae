using System.Globalization;
using System.Net;

namespace Alignment.Suite.Commands.Training;

/// <summary>One metric over steps as an inline SVG: the values, and their exponential moving average where there are many.</summary>
internal static class CurveSvg
{
    private const double Width = 320, Height = 150, LeftMargin = 48, Bottom = 18, Top = 6, Right = 6;

    public static string Figure(string name, IReadOnlyList<(int X, double Y)> points)
    {
        var (low, high) = (points.Min(p => p.Y), points.Max(p => p.Y));
        var (from, to) = (points[0].X, points[^1].X);
        double X(int x) => LeftMargin + ((Width - LeftMargin - Right) * (to == from ? 0.5 : (double)(x - from) / (to - from)));
        double Y(double y) => Top + ((Height - Top - Bottom) * (high == low ? 0.5 : (high - y) / (high - low)));
        string Line(string kind, IEnumerable<(int X, double Y)> of) => $"<polyline class=\"{kind}\" fill=\"none\" points=\"{string.Join(' ', of.Select(p => string.Create(CultureInfo.InvariantCulture, $"{X(p.X):0.#},{Y(p.Y):0.#}")))}\"/>";
        var lines = points.Count < 20 ? Line("smooth", points) : Line("raw", points) + Line("smooth", Smooth(points));
        return string.Create(CultureInfo.InvariantCulture, $"""
            <figure><figcaption>{WebUtility.HtmlEncode(name)}: {Spell(name, points[^1].Y)}</figcaption><svg viewBox="0 0 {Width} {Height}" role="img" aria-label="{WebUtility.HtmlEncode(name)} from {Spell(name, points[0].Y)} at step {from} to {Spell(name, points[^1].Y)} at step {to}">
            {lines}<text x="0" y="{Top + 8}">{Spell(name, high)}</text><text x="0" y="{Height - Bottom}">{Spell(name, low)}</text><text x="{LeftMargin}" y="{Height - 4}">{from}</text><text x="{Width - Right}" y="{Height - 4}" text-anchor="end">{to}</text></svg></figure>

            """);
    }

    /// <summary>Bytes in megabytes, large numbers in thousands, small ones as powers of ten.</summary>
    private static string Spell(string name, double value) => name.EndsWith("bytes", StringComparison.Ordinal) ? string.Create(CultureInfo.InvariantCulture, $"{value / 1e6:0} MB")
        : Math.Abs(value) is >= 1000 or 0 ? value.ToString("N0", CultureInfo.InvariantCulture)
        : Math.Abs(value) < 0.001 ? value.ToString("0.##e0", CultureInfo.InvariantCulture)
        : value.ToString("G3", CultureInfo.InvariantCulture);

    private static IEnumerable<(int X, double Y)> Smooth(IReadOnlyList<(int X, double Y)> points)
    {
        var keep = 1 - (2.0 / (1 + Math.Max(5, points.Count / 20)));
        var mean = points[0].Y;
        foreach (var (x, y) in points)
        {
            mean = (keep * mean) + ((1 - keep) * y);
            yield return (x, mean);
        }
    }
}

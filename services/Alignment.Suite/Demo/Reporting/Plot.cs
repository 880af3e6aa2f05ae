using System.Globalization;
using System.Text;

namespace Alignment.Suite.Demo.Reporting;

/// <summary>Writes an SVG drawing, coordinates in pixels, colours by class so that the page's theme decides them.</summary>
internal sealed class Plot(int width, int height, string english, string portuguese)
{
    private readonly StringBuilder svg = new($"<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{Bilingual.Escape(english)} / {Bilingual.Escape(portuguese)}\">");

    public Plot Line(double x1, double y1, double x2, double y2, string css) => Add($"<line x1=\"{x1:0.##}\" y1=\"{y1:0.##}\" x2=\"{x2:0.##}\" y2=\"{y2:0.##}\" class=\"{css}\"/>");

    public Plot Rectangle(double x, double y, double w, double h, string css) => Add($"<rect x=\"{x:0.##}\" y=\"{y:0.##}\" width=\"{Math.Max(0, w):0.##}\" height=\"{Math.Max(0, h):0.##}\" rx=\"3\" class=\"{css}\"/>");

    public Plot Dot(double x, double y, double r, string css) => Add($"<circle cx=\"{x:0.##}\" cy=\"{y:0.##}\" r=\"{r:0.##}\" class=\"{css}\"/>");

    public Plot Path(IEnumerable<(double X, double Y)> points, string css) =>
        Add($"<polyline points=\"{string.Join(' ', points.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.X:0.##},{p.Y:0.##}")))}\" class=\"{css}\"/>");

    /// <param name="content">Escaped text or tspans.</param>
    public Plot Text(double x, double y, string content, string css = "", string anchor = "start") => Add($"<text x=\"{x:0.##}\" y=\"{y:0.##}\" text-anchor=\"{anchor}\" class=\"{css}\">{content}</text>");

    public override string ToString() => svg + "</svg>";

    private Plot Add(FormattableString element)
    {
        svg.Append(element.ToString(CultureInfo.InvariantCulture));
        return this;
    }
}

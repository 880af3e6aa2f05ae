using static Alignment.Suite.Demo.Reporting.Bilingual;

namespace Alignment.Suite.Demo.Reporting;

/// <summary>The report's drawings.</summary>
internal static class Plots
{
    /// <summary>Per criterion: the parent's mean mark, the child's, and the way between.</summary>
    public static string Criteria(IReadOnlyList<(string Id, double Before, double After)> rows)
    {
        const int Left = 170, Right = 430, Row = 36;
        double X(double mark) => Left + (mark * (Right - Left));
        var plot = new Plot(490, (rows.Count * Row) + 40, "Mean mark by criterion, before and after", "Nota média por critério, antes e depois");
        foreach (var tick in new[] { 0, 0.25, 0.5, 0.75, 1 })
        {
            plot.Line(X(tick), 8, X(tick), (rows.Count * Row) + 12, "grid").Text(X(tick), (rows.Count * Row) + 30, Number(tick, "0.##", "tspan"), "tick", "middle");
        }

        for (var i = 0; i < rows.Count; i++)
        {
            var (id, before, after) = rows[i];
            var (y, name) = (26 + (i * Row), Words.Of(id));
            plot.Text(Left - 16, y + 5, SvgText(name.English, name.Portuguese), "label", "end")
                .Line(X(before), y, X(after), y, after >= before ? "gain" : "loss")
                .Dot(X(before), y, 6, "parent").Dot(X(after), y, 7, "child")
                .Text(Right + 12, y + 5, Number(after - before, "+0.00;−0.00;0.00", "tspan"), "value");
        }

        return plot.ToString();
    }

    /// <summary>How the held-out prompts' score differences spread; gains right of the middle.</summary>
    public static string Differences(IReadOnlyList<double> differences)
    {
        const int Bins = 21, Left = 10, Width = 470, Base = 170, Top = 16;
        var counts = new int[Bins];
        foreach (var d in differences)
        {
            counts[(int)Math.Clamp(Math.Round((d + 1) / 2 * (Bins - 1)), 0, Bins - 1)]++;
        }

        double step = (double)Width / Bins, tallest = Math.Max(1, counts.Max());
        var plot = new Plot(490, 200, "Score difference of each held-out prompt", "Diferença de nota em cada pergunta de teste");
        for (var b = 0; b < Bins; b++)
        {
            var height = counts[b] / tallest * (Base - Top);
            plot.Rectangle(Left + (b * step) + 2, Base - height, step - 4, height, b == Bins / 2 ? "same" : b > Bins / 2 ? "better" : "worse");
            if (counts[b] > 0)
            {
                plot.Text(Left + ((b + 0.5) * step), Base - height - 4, $"{counts[b]}", "tick", "middle");
            }
        }

        plot.Line(Left, Base, Left + Width, Base, "axis");
        foreach (var tick in new[] { -1, -0.5, 0, 0.5, 1 })
        {
            plot.Text(Left + (((tick + 1) / 2 * (Bins - 1)) + 0.5) * step, Base + 18, Number(tick, "+0.#;−0.#;0", "tspan"), "tick", "middle");
        }

        return plot.ToString();
    }

    /// <summary>One estimate with its interval on a scale from 0 to 1, and a mark to compare with.</summary>
    public static string Estimate(double estimate, double low, double high, double reference, string english, string portuguese)
    {
        const int Left = 8, Right = 252;
        double X(double share) => Left + (Math.Clamp(share, 0, 1) * (Right - Left));
        return new Plot(260, 46, english, portuguese)
            .Rectangle(Left, 14, Right - Left, 10, "track")
            .Rectangle(X(low), 14, X(high) - X(low), 10, "interval")
            .Line(X(reference), 8, X(reference), 30, "reference")
            .Dot(X(estimate), 19, 7, "child")
            .Text(X(reference), 42, Number(reference, "0.00", "tspan"), "tick", reference > 0.9 ? "end" : "middle").ToString();
    }

    /// <summary>Where the time went.</summary>
    public static string Stages(IReadOnlyList<StageTime> stages)
    {
        const int Left = 180, Right = 640, Row = 26;
        var longest = Math.Max(1e-9, stages.Max(s => s.Seconds));
        var plot = new Plot(720, (stages.Count * Row) + 8, "Seconds by stage", "Segundos por etapa");
        for (var i = 0; i < stages.Count; i++)
        {
            var (y, name, w) = (8 + (i * Row), Words.Of(stages[i].Name), stages[i].Seconds / longest * (Right - Left));
            plot.Text(Left - 16, y + 13, SvgText(name.English, name.Portuguese), "label", "end")
                .Rectangle(Left, y, Math.Max(2, w), 17, "time")
                .Text(Left + w + 8, y + 13, Number(stages[i].Seconds, "0.0 s", "tspan"), "value");
        }

        return plot.ToString();
    }

    /// <summary>A small training curve with its first, last and extreme values.</summary>
    public static string Curve(Curve curve)
    {
        const int Left = 46, Right = 300, Top = 12, Base = 120;
        var points = curve.Points.Where(p => double.IsFinite(p.Value)).ToList();
        double low = points.Min(p => p.Value), high = points.Max(p => p.Value), last = Math.Max(1, points[^1].Step), first = points[0].Step;
        double X(double step) => Left + ((step - first) / Math.Max(1e-9, last - first) * (Right - Left));
        double Y(double value) => Base - ((value - low) / Math.Max(1e-12, high - low) * (Base - Top));
        var name = Words.Of(curve.Metric);
        return new Plot(310, 146, name.English, name.Portuguese)
            .Line(Left, Base, Right, Base, "axis").Line(Left, Top, Right, Top, "grid")
            .Text(Left - 6, Top + 4, Number(high, "0.##", "tspan"), "tick", "end").Text(Left - 6, Base + 4, Number(low, "0.##", "tspan"), "tick", "end")
            .Text(Left, Base + 17, Number(first, "0", "tspan"), "tick").Text(Right, Base + 17, Number(last, "0", "tspan"), "tick", "end")
            .Path(points.Select(p => (X(p.Step), Y(p.Value))), "curve")
            .Dot(X(points[^1].Step), Y(points[^1].Value), 3.5, "child").ToString();
    }
}

using System.Globalization;
using Alignment.Statistics.Preferences;
using Spectre.Console;

namespace Alignment.Suite.Demo.Reporting;

/// <summary>The report in the terminal.</summary>
internal static class ReportTable
{
    public static void Print(DemoOutcome o, IAnsiConsole console)
    {
        var (g, colour) = (o.Gate, o.Gate.Decision switch { GateVerdict.Pass => "green", GateVerdict.Fail => "red", _ => "yellow" });
        var table = new Table().Border(TableBorder.Rounded).AddColumn("measure").AddColumn(new TableColumn("value").RightAligned()).AddColumn("how");
        void Row(string name, FormattableString value, FormattableString how) =>
            table.AddRow(Markup.Escape(name), value.ToString(CultureInfo.InvariantCulture), Markup.Escape(how.ToString(CultureInfo.InvariantCulture)));

        Row("gate", $"[{colour}]{g.Decision.ToString().ToLowerInvariant()}[/]", $"p = {g.PValue:G3}, paired permutation test on rubric scores, n = {g.WinRate.Count}");
        Row("win rate", $"{g.WinRate.TiesHalf:P1}", $"95 % {g.WinRateInterval.Low:P1} to {g.WinRateInterval.High:P1}; {g.WinRate.Wins} wins, {g.WinRate.Ties} ties, {g.WinRate.Losses} losses");
        Row("score difference", $"{g.MeanDifference:+0.000;-0.000;0}", $"95 % {g.DifferenceInterval.Low:0.000} to {g.DifferenceInterval.High:0.000}");
        Row("reward model", $"{o.RewardModel.Accuracy:P1}", $"of {o.RewardModel.Count} held-back pairs; the labels allow {o.RewardModel.Ceiling:P1}");
        Row("agreement", $"α {(o.Agreement.KrippendorffAlpha is { } a ? a.ToString("0.00", CultureInfo.InvariantCulture) : "undefined")}", $"{o.Agreement.Judgements} judgements by {o.Agreement.Annotators} annotators; pairs ordered alike {o.Agreement.PairAgreement:P0}");
        Row("perplexity", $"{g.PerplexityBefore:F2} → {g.PerplexityAfter:F2}", $"general text, {(g.PerplexityAfter / g.PerplexityBefore) - 1:+0.0%;-0.0%}");
        foreach (var (id, before, after) in ReportJson.Criteria(o))
        {
            Row(Words.Of(id).English, $"{before:0.00} → {after:0.00}", $"mean mark");
        }

        Row("checkpoint", $"{Markup.Escape(o.Checkpoint.Alias ?? "–")}", $"{o.Checkpoint.Id} {o.Checkpoint.Digest}");
        Row("time, memory", $"{o.Seconds:F1} s", $"peak {o.PeakRssBytes / 1048576.0:F0} MiB; {string.Join(", ", o.Stages.Where(s => s.Seconds >= 1).Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Name} {s.Seconds:F0} s")))}");
        console.Write(table);
        foreach (var reason in g.Reasons)
        {
            console.MarkupLineInterpolated($"[{colour}]{reason}[/]");
        }
    }
}

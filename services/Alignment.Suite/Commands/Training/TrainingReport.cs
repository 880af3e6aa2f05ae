using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using Alignment.ModelCore.Training;

namespace Alignment.Suite.Commands.Training;

/// <summary><c>report.html</c>: one page with the run's result, its curves as SVG, what happened on the way and the settings. Needs nothing from elsewhere.</summary>
internal static class TrainingReport
{
    // What a reader looks for first; the rest follows by name.
    private static readonly string[] First = ["loss", "rewards/accuracies", "accuracy", "rewards/margins", "margin", "mean_token_accuracy", "entropy", "grad_norm", "learning_rate"];
    private static readonly HashSet<string> Left = ["epoch", "num_tokens", "eta_seconds", "step", "total"];

    private const string Style =
        """
        body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;color:#1d2430;background:#fff}
        h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}.curves{display:grid;grid-template-columns:repeat(auto-fill,minmax(20rem,1fr));gap:1rem}
        figure{margin:0;border:1px solid #d5dae1;border-radius:6px;padding:.6rem}figcaption{font-weight:600}svg{width:100%;height:auto}
        table{border-collapse:collapse}td,th{padding:.2rem .9rem .2rem 0;text-align:left;vertical-align:top}tr+tr{border-top:1px solid #e6e9ee}
        .raw{stroke:#9db7dd;stroke-width:1}.smooth{stroke:#1f5fbf;stroke-width:1.8}text{font-size:10px;fill:#5b6573}code{font-size:.9em}
        @media(prefers-color-scheme:dark){body{background:#14181f;color:#dfe5ee}figure{border-color:#333c49}tr+tr{border-color:#2a323d}text{fill:#98a3b3}.raw{stroke:#35517c}.smooth{stroke:#6ea3f0}}
        """;

    /// <summary>Writes <paramref name="path"/> from the run's <c>metrics.jsonl</c>, which holds every step of every attempt once.</summary>
    public static void Write(string path, string method, string metricsFile, JsonObject settings, TrainingResult result, TimeSpan took)
    {
        var lines = File.ReadLines(metricsFile).Select(l => JsonNode.Parse(l)!.AsObject()).ToList();
        var curves = lines.Where(l => !l.ContainsKey("event")).SelectMany(l => l.Where(v => v.Value is not null && !Left.Contains(v.Key))
            .Select(v => (Name: v.Key, Point: (X: l["step"]!.GetValue<int>(), Y: v.Value!.GetValue<double>())))).ToLookup(x => x.Name, x => x.Point);
        var page = new StringBuilder($"<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>align train {method}</title><style>{Style}{ForgettingSection.Style}</style>");
        page.Append(CultureInfo.InvariantCulture, $"<h1>align train {method}</h1>{Table(Summary(result, took))}{RecordTables.Of(result.Checkpoint)}<h2>Curves</h2><div class=\"curves\">");
        foreach (var curve in curves.OrderBy(c => Array.IndexOf(First, c.Key) is var i and >= 0 ? i : First.Length).ThenBy(c => c.Key, StringComparer.Ordinal))
        {
            page.Append(CurveSvg.Figure(curve.Key, [.. curve]));
        }

        page.Append("</div><h2>What happened</h2>").Append(Table(Events(lines)));
        page.Append("<h2>Settings</h2>").Append(Table(Keys(settings)));
        File.WriteAllText(path, page.Append("</html>\n").ToString(), new UTF8Encoding(false));
    }

    private static IEnumerable<(string, string)> Summary(TrainingResult r, TimeSpan took) =>
    [
        ("checkpoint", r.Checkpoint), ("digest", "sha256:" + r.Digest), ("steps", r.Steps.ToString(CultureInfo.InvariantCulture)), ("tokens", r.Tokens.ToString("N0", CultureInfo.InvariantCulture)),
        ("finished", DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture)), ("duration", $"{took.ToString("h\\:mm\\:ss", CultureInfo.InvariantCulture)} since the last start"),
        ("machine", $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}, {Environment.ProcessorCount} processors"),
        ("final loss", r.FinalLoss.ToString("0.0000", CultureInfo.InvariantCulture)), ("steps dropped", r.DroppedSteps.ToString(CultureInfo.InvariantCulture)),
    ];

    /// <summary>A resumed run prepares its data again and says the same of it: each message once, with its steps.</summary>
    private static IEnumerable<(string, string)> Events(IEnumerable<JsonObject> lines) => lines.Where(l => l.ContainsKey("event"))
        .GroupBy(l => l["message"]!.GetValue<string>(), l => l["step"]!.ToString(), StringComparer.Ordinal)
        .Select(g => (Steps: g.Distinct(StringComparer.Ordinal).ToList(), Says: g.Key))
        .Select(e => ($"step {string.Join(", ", e.Steps.Take(3))}{(e.Steps.Count > 3 ? $" and {e.Steps.Count - 3} more" : "")}", e.Says));

    private static IEnumerable<(string, string)> Keys(JsonObject settings) => settings.SelectMany(s => s.Value is JsonObject section
        ? section.Select(k => ($"{s.Key}.{k.Key}", Spelt(k.Value))) : [(s.Key, Spelt(s.Value))]);

    private static string Spelt(JsonNode? value) => value is JsonArray list ? string.Join(", ", list.Select(Spelt)) : value?.ToString() ?? "";

    private static string Table(IEnumerable<(string Name, string Value)> rows) =>
        $"<table>{string.Concat(rows.Select(r => $"<tr><th scope=\"row\">{WebUtility.HtmlEncode(r.Name)}</th><td>{WebUtility.HtmlEncode(r.Value)}</td></tr>"))}</table>";
}

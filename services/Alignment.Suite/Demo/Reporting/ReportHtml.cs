using System.Globalization;
using System.Text;
using static Alignment.Suite.Demo.Reporting.Bilingual;

namespace Alignment.Suite.Demo.Reporting;

/// <summary><c>report.html</c>: one file, no scripts needed, light and dark, English and Portuguese.</summary>
internal static class ReportHtml
{
    public static string Of(DemoOutcome o)
    {
        var html = new StringBuilder();
        html.Append(CultureInfo.InvariantCulture, $"""
            <!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
            <title>Alignment cycle · {o.Gate.Decision}</title><style>{Style()}</style></head><body><main>
            <header><div><h1>{Say("One alignment cycle, measured", "Um ciclo de alinhamento, medido")}</h1>
            <p class="soft">{Say("Help desk in Portuguese and English", "Central de atendimento em português e inglês")} · {Say("seed", "semente")} {o.Seed}</p></div>
            <fieldset aria-label="Language / Idioma"><label><input type="radio" name="l" id="to-en" checked>English</label><label><input type="radio" name="l" id="to-pt">Português</label></fieldset></header>

            """);
        html.Append(Verdict(o)).Append(Tiles(o)).Append(Drawings(o)).Append(ReportConversations.Of(o)).Append(Training(o)).Append(Provenance(o));
        // Without the script the page is English until a reader chooses.
        html.Append("</main><script>if(navigator.language.startsWith('pt'))document.getElementById('to-pt').checked=true</script></body></html>\n");
        return html.ToString();
    }

    private static string Verdict(DemoOutcome o)
    {
        var (g, word) = (o.Gate, Words.Of(o.Gate.Decision.ToString().ToLowerInvariant()));
        var (english, portuguese) = g.Decision switch
        {
            Statistics.Preferences.GateVerdict.Pass => ("The tuned model answers unseen questions better than its parent, beyond chance. It now serves.", "O modelo ajustado responde a perguntas inéditas melhor que o anterior, além do acaso. Ele passou a atender."),
            Statistics.Preferences.GateVerdict.Fail => ("The tuned model is worse or forgot too much. The parent keeps serving.", "O modelo ajustado piorou ou esqueceu demais. O anterior continua atendendo."),
            _ => ("The data cannot tell the two models apart. The parent keeps serving.", "Os dados não distinguem os dois modelos. O anterior continua atendendo."),
        };
        var p = g.PValue < 0.001 ? "p < " + Number(0.001, "0.000") : "p = " + Number(g.PValue, "0.000");
        return $"""
            <div class="verdict {g.Decision.ToString().ToLowerInvariant()}"><strong>{Say(word.English, word.Portuguese)}</strong>
            <p>{Say(english, portuguese)}</p><p class="note">{Say("Paired permutation test on rubric scores", "Teste de permutação pareado sobre as notas")}: {p}, n = {g.WinRate.Count},
            {Say("mean difference", "diferença média")} {Number(g.MeanDifference, "+0.000;−0.000")} [{Number(g.DifferenceInterval.Low, "0.000;−0.000")}; {Number(g.DifferenceInterval.High, "0.000;−0.000")}].</p></div>

            """;
    }

    private static string Tiles(DemoOutcome o)
    {
        var g = o.Gate;
        var (rmLow, rmHigh) = (Statistics.Intervals.ProportionInterval.Wilson(o.RewardModel.Accuracy * o.RewardModel.Count, o.RewardModel.Count) is var i ? i.Low : 0, i.High);
        return $"""
            <div class="tiles">
            <div class="tile"><span class="soft">{Say("Win rate against the parent", "Vitórias contra o anterior")}</span><b>{Number(g.WinRate.TiesHalf, "0.0%")}</b>{Plots.Estimate(g.WinRate.TiesHalf, g.WinRateInterval.Low, g.WinRateInterval.High, 0.5, "Win rate with its 95 % interval", "Taxa de vitória com intervalo de 95 %")}
            <span class="note">{g.WinRate.Wins} {Say("wins", "vitórias")} · {g.WinRate.Ties} {Say("ties", "empates")} · {g.WinRate.Losses} {Say("losses", "derrotas")}</span></div>
            <div class="tile"><span class="soft">{Say("Reward model accuracy", "Acerto do modelo de recompensa")}</span><b>{Number(o.RewardModel.Accuracy, "0.0%")}</b>{Plots.Estimate(o.RewardModel.Accuracy, rmLow, rmHigh, o.RewardModel.Ceiling, "Accuracy with its 95 % interval and the ceiling", "Acerto com intervalo de 95 % e teto")}
            <span class="note">{Say("the labels allow", "os rótulos permitem")} {Number(o.RewardModel.Ceiling, "0.0%")} · n = {o.RewardModel.Count}</span></div>
            <div class="tile"><span class="soft">{Say("Annotators agree", "Concordância dos avaliadores")}</span><b>α = {(o.Agreement.KrippendorffAlpha is { } a ? Number(a, "0.00;−0.00") : "–")}</b>
            <span class="note">{Say("same order of a pair", "mesma ordem de um par")}: {Number(o.Agreement.PairAgreement, "0%")} · {o.Agreement.Annotators} {Say("annotators", "avaliadores")}, {o.Agreement.Judgements} {Say("judgements", "julgamentos")} · {Say("first slot wins", "primeira posição vence")} {Number(o.Agreement.FirstSlotShare, "0%")} ({Say("fair", "justo")}: {Number(1.0 / o.Agreement.Candidates, "0%")})</span></div>
            <div class="tile"><span class="soft">{Say("Perplexity on general text", "Perplexidade em texto geral")}</span><b>{Number(g.PerplexityBefore, "0.00")} → {Number(g.PerplexityAfter, "0.00")}</b>
            <span class="note">{Number((g.PerplexityAfter / g.PerplexityBefore) - 1, "+0.0%;−0.0%")} · {Say("a large rise would mean forgetting", "uma alta grande indicaria esquecimento")}</span></div>
            </div>

            """;
    }

    private static string Drawings(DemoOutcome o) => $"""
        <div class="two"><section><h2>{Say("What changed", "O que mudou")}</h2><p class="note"><span class="key parent"></span>{Say("before", "antes")} &nbsp; <span class="key child"></span>{Say("after", "depois")} · {Say("mean mark by value of the house, 0 to 1", "nota média por valor da casa, de 0 a 1")}</p>{Plots.Criteria([.. ReportJson.Criteria(o)])}</section>
        <section><h2>{Say("Every held-out question", "Cada pergunta de teste")}</h2><p class="note">{Say("child’s score minus parent’s; right is better", "nota do novo menos a do anterior; à direita é melhor")}</p>{Plots.Differences([.. o.Conversations.Select(c => c.After.Score - c.Before.Score)])}</section></div>

        """;

    private static string Training(DemoOutcome o)
    {
        var curves = string.Concat(o.Curves.Where(c => c.Points.Count(p => double.IsFinite(p.Value)) > 1).Select(c =>
        {
            var (stage, metric) = (Words.Of(c.Stage), Words.Of(c.Metric));
            return $"<div><p class=\"note\">{Say(stage.English, stage.Portuguese)}: {Say(metric.English, metric.Portuguese)}</p>{Plots.Curve(c)}</div>";
        }));
        var plots = curves.Length == 0 ? "" : $"<section><h2>{Say("Training", "Treino")}</h2><div class=\"curves\">{curves}</div></section>";
        return o.Stages.Count == 0 ? plots : plots + $"<section><h2>{Say("Where the time went", "Para onde foi o tempo")}</h2>{Plots.Stages(o.Stages)}</section>";
    }

    private static string Provenance(DemoOutcome o) => $"""
        <section><h2>{Say("Checkpoint", "Checkpoint")}</h2><dl><dt>id</dt><dd>{Escape(o.Checkpoint.Id)}</dd><dt>digest</dt><dd>{Escape(o.Checkpoint.Digest)}</dd>
        <dt>{Say("alias", "apelido")}</dt><dd>{Escape(o.Checkpoint.Alias ?? "–")}</dd><dt>{Say("time", "tempo")}</dt><dd>{Number(o.Seconds, "0.0 s")}</dd><dt>{Say("peak memory", "pico de memória")}</dt><dd>{Number(o.PeakRssBytes / 1048576.0, "#,0")} MiB</dd></dl></section>

        """;

    private static string Style()
    {
        using var stream = typeof(ReportHtml).Assembly.GetManifestResourceStream("Alignment.Suite.report.css")!;
        return new StreamReader(stream).ReadToEnd();
    }
}

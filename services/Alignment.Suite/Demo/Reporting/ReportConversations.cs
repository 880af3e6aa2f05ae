using static Alignment.Suite.Demo.Reporting.Bilingual;

namespace Alignment.Suite.Demo.Reporting;

/// <summary>Sample conversations before and after: the clearest gains, a tie and every kind of loss, so that nothing is flattered.</summary>
internal static class ReportConversations
{
    public static string Of(DemoOutcome o)
    {
        var chosen = Choose(o.Conversations);
        return chosen.Count == 0 ? "" : $"""
            <section><h2>{Say("Before and after", "Antes e depois")}</h2><p class="note">{Say("Questions that no training file contains: four gains, one tie, the two worst losses.", "Perguntas que nenhum arquivo de treino contém: quatro ganhos, um empate, as duas piores perdas.")}</p>
            {string.Concat(chosen.Select(Talk))}</section>

            """;
    }

    internal static IReadOnlyList<ScoredConversation> Choose(IReadOnlyList<ScoredConversation> all)
    {
        double Gain(ScoredConversation c) => c.After.Score - c.Before.Score;
        var gains = all.Where(c => Gain(c) > 0).OrderByDescending(Gain).ToList();
        return [.. new[] { "pt", "en" }.SelectMany(l => gains.Where(c => c.Language == l).Take(2)),
            .. all.Where(c => Gain(c) == 0).Take(1), .. all.Where(c => Gain(c) < 0).OrderBy(Gain).Take(2)];
    }

    private static string Talk(ScoredConversation c)
    {
        var language = c.Language == "pt" ? "pt-BR" : c.Language;
        return $"""
            <div class="talk"><h3><q lang="{language}">{Escape(c.Prompt)}</q></h3><div class="answers">{Answer(c.Before, language, "before", "Before", "Antes")}{Answer(c.After, language, "after", "After", "Depois")}</div></div>

            """;
    }

    private static string Answer(ScoredAnswer a, string language, string css, string english, string portuguese)
    {
        var lost = a.Marks.Where(m => m.Value < 1).Select(m => Words.Of(m.Key)).Select(w => Say("✗ " + w.English, "✗ " + w.Portuguese));
        var text = string.IsNullOrWhiteSpace(a.Text) ? Say("(empty)", "(vazia)") : Escape(a.Text);
        return $"""<div class="answer {css}"><q lang="{language}">{text}</q><small>{Say(english, portuguese)} · {Number(a.Score, "0.00")} <span class="lost">{string.Join(' ', lost)}</span></small></div>""";
    }
}

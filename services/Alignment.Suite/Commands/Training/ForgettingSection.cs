using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;

namespace Alignment.Suite.Commands.Training;

/// <summary>The forgetting table of <c>report.html</c>: four numbers with what they mean, then each general set and the task before and after.</summary>
internal static class ForgettingSection
{
    /// <summary>A change smaller than this is none to a reader.</summary>
    private const double Noticed = 0.0005;

    public const string Style =
        """
        .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:1rem;margin:.6rem 0 1rem}.tile{border:1px solid #d5dae1;border-radius:6px;padding:.6rem .8rem}
        .tile b{display:block;font-size:1.35rem;font-variant-numeric:tabular-nums}.tile>span{color:#5b6573;font-size:.85rem}
        .n{text-align:right;font-variant-numeric:tabular-nums}th.n{text-align:right}.better{color:#1a7f37}.worse{color:#b3261e}
        .bars{width:9rem;padding-top:.5rem}.bars i{display:block;height:.35rem;border-radius:2px;background:#1f5fbf;margin-bottom:2px}.bars i.was{background:#c3cad5}
        @media(prefers-color-scheme:dark){.tile{border-color:#333c49}.tile>span{color:#98a3b3}.better{color:#56c271}.worse{color:#ff8a80}.bars i{background:#6ea3f0}.bars i.was{background:#454f5e}}
        """;

    /// <summary>HTML; empty where the run measured nothing of it.</summary>
    public static string Of(JsonNode? f, int? vocabulary = null)
    {
        if (f is null)
        {
            return "";
        }

        var tiles = Tile(Score(f["acc"]), "ACC: mean score after the run");
        if (f["bwt"] is not null)
        {
            tiles += Tile(Change(f["bwt"], higherIsBetter: true), "BWT: change on general sets") + Tile(Change(f["fm"], higherIsBetter: false), "FM: lost on general sets against the best before")
                + Tile($"×{Ratio(f["perplexity_ratio"])}", $"perplexity on general text: {Perplexity(f["perplexity_before"])} → {Perplexity(f["perplexity_after"])}");
        }

        return $"<h2>Forgetting</h2><div class=\"tiles\">{tiles}</div><table><tr><th scope=\"col\">measured on</th><th scope=\"col\" class=\"n\">before</th><th scope=\"col\" class=\"n\">after</th><th scope=\"col\" class=\"n\">change</th><th></th>"
            + $"<th scope=\"col\" class=\"n\">perplexity before</th><th scope=\"col\" class=\"n\">after</th></tr>{string.Concat(f["tasks"]!.AsArray().Select(t => Row(t!)))}</table>{Note(f, vocabulary)}";
    }

    private static string Note(JsonNode f, int? vocabulary)
    {
        var worst = f["tasks"]!.AsArray().Append(f).SelectMany(t => new[] { t!["perplexity_before"], t["perplexity_after"] }).Max(p => p?.GetValue<double>() ?? 0);
        return vocabulary is not { } size || worst <= size ? ""
            : string.Create(CultureInfo.InvariantCulture, $"<p>A perplexity above the vocabulary's {size:N0} tokens is worse than guessing evenly: the model knows no such text and is sure of wrong tokens. Only the change says something there.</p>");
    }

    private static string Row(JsonNode t)
    {
        var change = t["before"] is { } before && t["after"] is { } after ? Change(JsonValue.Create(after.GetValue<double>() - before.GetValue<double>()), higherIsBetter: true) : "–";
        return $"<tr><th scope=\"row\">{WebUtility.HtmlEncode(t["task"]!.ToString())}</th><td class=\"n\">{Score(t["before"])}</td><td class=\"n\">{Score(t["after"])}</td><td class=\"n\">{change}</td>"
            + $"<td class=\"bars\"><i class=\"was\" style=\"width:{Width(t["before"])}\"></i><i style=\"width:{Width(t["after"])}\"></i></td><td class=\"n\">{Perplexity(t["perplexity_before"])}</td><td class=\"n\">{Perplexity(t["perplexity_after"])}</td></tr>";
    }

    private static string Tile(string number, string what) => $"<div class=\"tile\"><b>{number}</b><span>{WebUtility.HtmlEncode(what)}</span></div>";

    private static string Change(JsonNode? node, bool higherIsBetter)
    {
        if (node is null)
        {
            return "–";
        }

        var value = node.GetValue<double>();
        var kind = Math.Abs(value) < Noticed ? "" : value > 0 == higherIsBetter ? " class=\"better\"" : " class=\"worse\"";
        return $"<span{kind}>{(Math.Abs(value) < Noticed ? "0.000" : value.ToString("+0.000;−0.000", CultureInfo.InvariantCulture))}</span>";
    }

    private static string Score(JsonNode? node) => node is null ? "–" : node.GetValue<double>().ToString("0.000", CultureInfo.InvariantCulture);

    private static string Ratio(JsonNode? node) => node is null ? "–" : node.GetValue<double>().ToString("0.000", CultureInfo.InvariantCulture);

    private static string Perplexity(JsonNode? node) => node is null ? "–" : node.GetValue<double>() is var p && p < 100 ? p.ToString("0.00", CultureInfo.InvariantCulture) : p.ToString("N0", CultureInfo.InvariantCulture);

    private static string Width(JsonNode? node) => node is null ? "0" : string.Create(CultureInfo.InvariantCulture, $"{100 * Math.Clamp(node.GetValue<double>(), 0, 1):0.#}%");
}

using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using static Alignment.ModelCore.Data.Formats.RawFormat;

namespace Alignment.ModelCore.Data.Formats;

/// <summary>Data sets of whole transcripts: HH-RLHF, SHP, TL;DR.</summary>
internal static partial class TranscriptFormats
{
    private const string Marker = "\n\nAssistant:";

    public static RawResult HhText(JsonObject row)
    {
        var (chosen, rejected) = (Need(row, "chosen"), Need(row, "rejected"));
        var at = chosen.LastIndexOf(Marker, StringComparison.Ordinal);
        if (at < 0)
        {
            return RawResult.Drop("no assistant marker");
        }

        var prompt = chosen[..(at + Marker.Length)];
        return rejected.StartsWith(prompt, StringComparison.Ordinal)
            ? RawResult.Of(new JsonObject { ["prompt"] = prompt, ["chosen"] = chosen[prompt.Length..], ["rejected"] = rejected[prompt.Length..] })
            : RawResult.Drop("diverges before the last turn");
    }

    public static RawResult HhMessages(JsonObject row)
    {
        var (chosen, rejected) = (Need(row, "chosen"), Need(row, "rejected"));
        var common = 0;
        while (common < Math.Min(chosen.Length, rejected.Length) && chosen[common] == rejected[common])
        {
            common++;
        }

        const string Turn = Marker + " ";
        var at = chosen[..common].LastIndexOf(Turn, StringComparison.Ordinal);
        if (at < 0)
        {
            return RawResult.Drop("no common assistant marker");
        }

        var parts = Speakers().Split(chosen[..at]);
        var prompt = new JsonArray();
        for (var i = 1; i + 1 < parts.Length; i += 2)
        {
            prompt.Add(Message(parts[i] == Turn ? "assistant" : "user", parts[i + 1]));
        }

        return RawResult.Of(Pair(prompt, chosen[(at + Turn.Length)..], rejected[(at + Turn.Length)..]));
    }

    public static RawResult Shp(JsonObject row, double minRatio)
    {
        var (a, b) = (Number(row, "score_A"), Number(row, "score_B"));
        if (!(Math.Max(a / b, b / a) >= minRatio))
        {
            return RawResult.Drop(FormattableString.Invariant($"score ratio below {minRatio}"));
        }

        var preferA = Number(row, "labels") == 1;
        string Answer(bool first) => " " + Need(row, first ? "human_ref_A" : "human_ref_B");
        return RawResult.Of(new JsonObject { ["prompt"] = $"\n\nHuman: {Need(row, "history")}{Marker}", ["chosen"] = Answer(preferA), ["rejected"] = Answer(!preferA) });
    }

    public static RawResult TlDr(JsonObject row)
    {
        var info = row["info"];
        var summaries = List(row, "summaries");
        var choice = (int)Number(row, "choice");
        var prompt = $"SUBREDDIT: r/{Need(info, "subreddit")}\n\nTITLE: {Need(info, "title")}\n\nPOST: {Need(info, "post")}\n\nTL;DR:";
        return RawResult.Of(Pair(new JsonArray(Message("user", prompt)), Need(summaries[choice], "text").Trim(), Need(summaries[1 - choice], "text").Trim()));
    }

    [GeneratedRegex("(\n\nAssistant: |\n\nHuman: )")]
    private static partial Regex Speakers();
}

using System.Globalization;
using System.Text.Json.Nodes;
using Alignment.ModelCore.Data.Preparation;
using static Alignment.ModelCore.Data.Formats.RawFormat;

namespace Alignment.ModelCore.Data.Formats;

/// <summary>Data sets with several scored or ranked answers.</summary>
internal static class RankingFormats
{
    public static RawResult UltraFeedbackUnpaired(JsonObject row, string model, string aspect)
    {
        var answer = List(row, "completions").FirstOrDefault(c => Optional(c, "model") == model);
        if (answer is null)
        {
            return RawResult.Drop("model absent");
        }

        var rating = Need(answer["annotations"]?[aspect], "Rating");
        return RawResult.Of(new JsonObject
        {
            ["prompt"] = new JsonArray(Message("user", Need(row, "instruction"))),
            ["completion"] = new JsonArray(Message("assistant", Need(answer, "response"))),
            ["label"] = int.TryParse(rating, NumberStyles.Integer, CultureInfo.InvariantCulture, out var n) && n >= 5,
        });
    }

    public static RawResult UltraFeedbackPair(JsonObject row)
    {
        var answers = List(row, "completions").ToList();
        if (answers.Count < 2)
        {
            return RawResult.Drop("fewer than two answers");
        }

        var best = answers.MaxBy(a => Number(a, "overall_score"));
        var worst = answers.MinBy(a => Number(a, "overall_score"));
        var margin = Number(best, "overall_score") - Number(worst, "overall_score");
        if (margin == 0)
        {
            return RawResult.Drop("no gap");
        }

        var result = Pair(new JsonArray(Message("user", Need(row, "instruction"))), Need(best, "response"), Need(worst, "response"));
        result["margin"] = margin;
        return RawResult.Of(result);
    }

    public static RawResult UltraFeedbackBinarised(JsonObject row)
    {
        var pair = RowFunctions.MaybeExtractPrompt(row);
        var result = Pair(pair["prompt"]!.DeepClone(), pair["chosen"]!.DeepClone(), pair["rejected"]!.DeepClone());
        result["margin"] = Number(row, "score_chosen") - Number(row, "score_rejected");
        return RawResult.Of(result);
    }

    public static RawResult Orca(JsonObject row)
    {
        JsonArray prompt = [Message("user", Need(row, "question"))];
        if (Optional(row, "system") is { Length: > 0 } system)
        {
            prompt.Insert(0, Message("system", system));
        }

        return RawResult.Of(Pair(prompt, Need(row, "chosen"), Need(row, "rejected")));
    }

    public static RawResult Nectar(JsonObject row)
    {
        var answers = List(row, "answers").OrderBy(a => Number(a, "rank")).ToList();
        var pairs = new List<JsonObject>();
        for (var better = 0; better < answers.Count; better++)
        {
            for (var worse = better + 1; worse < answers.Count; worse++)
            {
                if (Number(answers[better], "rank") < Number(answers[worse], "rank"))
                {
                    pairs.Add(new() { ["prompt"] = Need(row, "prompt"), ["chosen"] = Need(answers[better], "answer"), ["rejected"] = Need(answers[worse], "answer") });
                }
            }
        }

        return new(pairs, null);
    }

    public static RawResult Nemo(JsonObject row)
    {
        var completions = List(row, "completions").OrderBy(c => Number(c, "rank")).ToList();
        return completions.Count == 2
            ? RawResult.Of(Pair(Clone(List(row, "context")), Clone(List(completions[0], "completion")), Clone(List(completions[1], "completion"))))
            : RawResult.Drop("needs exactly two completions");
    }
}

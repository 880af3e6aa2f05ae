using System.Globalization;
using System.Text.Json.Nodes;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Forgetting;

namespace Alignment.ModelCore.Training.Extensions;

/// <summary>The forgetting table of a run: general sets and the task itself before and after, in the event <c>forgetting</c> and in <c>training.json</c>.</summary>
internal sealed class ForgettingWatch(GeneralTasks tasks) : IRunExtension
{
    private TaskScores? before;
    private TaskScores? after;

    public string Name => "forgetting";

    public string DataDigest => tasks.Digest;

    public JsonObject? Record => after is null ? null : new() { ["forgetting"] = Table() };

    public void Start(IMetricsSink sink) => before = tasks.MeasureStart();

    public void Finish(int step, IMetricsSink sink)
    {
        after = tasks.Measure();
        var numbers = Numbers();
        sink.Event(new(step, "forgetting", Say(numbers)) { Values = numbers });
    }

    public void Dispose() => tasks.Dispose();

    private string Say(Dictionary<string, double> numbers) => string.Create(CultureInfo.InvariantCulture, $"forgetting: ACC {numbers["acc"]:0.000}")
        + (before!.Losses.Count == 0 ? " on the task; the starting checkpoint has no language head, so general text is not measured" : string.Create(CultureInfo.InvariantCulture,
            $", BWT {numbers["bwt"]:+0.000;-0.000;0.000}, FM {numbers["fm"]:+0.000;-0.000;0.000}, perplexity on general text {numbers["perplexity_before"]:0.00} → {numbers["perplexity_after"]:0.00} (×{numbers["perplexity_ratio"]:0.000})"));

    private Dictionary<string, double> Numbers()
    {
        var table = Scores();
        var numbers = new Dictionary<string, double>(StringComparer.Ordinal) { ["acc"] = table.Accuracy };
        if (before!.Losses.Count > 0)
        {
            var (was, now) = (Math.Exp(before.Losses.Average()), Math.Exp(after!.Losses.Average()));
            (numbers["bwt"], numbers["fm"]) = (table.BackwardTransfer, table.Forgetting);
            (numbers["perplexity_before"], numbers["perplexity_after"], numbers["perplexity_ratio"]) = (was, now, now / was);
        }

        return numbers;
    }

    // Without a score of its own the task is a column that nobody looks at: BWT and FM leave the last column out, ACC must not count it.
    private ForgettingTable Scores() => tasks.HasTask ? ForgettingTable.OfRun(before!.Scores, after!.Scores)
        : ForgettingTable.OfRun([.. before!.Scores, after!.Scores.Average()], [.. after.Scores, after.Scores.Average()]);

    private JsonObject Table()
    {
        var json = new JsonObject(Numbers().Select(n => KeyValuePair.Create(n.Key, Finite(n.Value))));
        json["tasks"] = new JsonArray([.. tasks.Names.Select((name, i) => (JsonNode)new JsonObject
        {
            ["task"] = name, ["before"] = Finite(before!.Scores[i]), ["after"] = Finite(after!.Scores[i]),
            ["perplexity_before"] = i < before.Losses.Count ? Finite(Math.Exp(before.Losses[i])) : null, ["perplexity_after"] = i < after.Losses.Count ? Finite(Math.Exp(after.Losses[i])) : null,
        })]);
        return json;
    }

    // JSON has no NaN.
    private static JsonNode? Finite(double value) => double.IsFinite(value) ? (JsonNode?)value : null;
}

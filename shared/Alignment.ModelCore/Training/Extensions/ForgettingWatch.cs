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
        sink.Event(new(step, "forgetting", string.Create(CultureInfo.InvariantCulture,
            $"ACC {numbers["acc"]:0.000}, BWT {numbers["bwt"]:+0.000;-0.000;0.000}, FM {numbers["fm"]:+0.000;-0.000;0.000}, perplexity on general text {numbers["perplexity_before"]:0.00} → {numbers["perplexity_after"]:0.00} (×{numbers["perplexity_ratio"]:0.000})"))
        {
            Values = numbers,
        });
    }

    public void Dispose() => tasks.Dispose();

    private Dictionary<string, double> Numbers()
    {
        var (was, now) = (Math.Exp(before!.Losses.Average()), Math.Exp(after!.Losses.Average()));
        var table = Scores();
        return new(StringComparer.Ordinal)
        {
            ["acc"] = table.Accuracy, ["bwt"] = table.BackwardTransfer, ["fm"] = table.Forgetting,
            ["perplexity_before"] = was, ["perplexity_after"] = now, ["perplexity_ratio"] = now / was,
        };
    }

    // Without a score of its own the task is a column that nobody looks at: BWT and FM leave the last column out, ACC must not count it.
    private ForgettingTable Scores() => tasks.HasTask ? ForgettingTable.OfRun(before!.Scores, after!.Scores)
        : ForgettingTable.OfRun([.. before!.Scores, after!.Scores.Average()], [.. after.Scores, after.Scores.Average()]);

    private JsonObject Table()
    {
        var json = new JsonObject(Numbers().Select(n => KeyValuePair.Create(n.Key, double.IsFinite(n.Value) ? (JsonNode?)n.Value : null)));
        json["tasks"] = new JsonArray([.. tasks.Names.Select((name, i) => (JsonNode)new JsonObject
        {
            ["task"] = name, ["before"] = before!.Scores[i], ["after"] = after!.Scores[i],
            ["perplexity_before"] = i < before.Losses.Count ? Math.Exp(before.Losses[i]) : null, ["perplexity_after"] = i < after.Losses.Count ? Math.Exp(after.Losses[i]) : null,
        })]);
        return json;
    }
}

using System.Globalization;
using System.Text.Json.Nodes;

namespace Alignment.SupervisedFineTuning.Recipes.Meta;

/// <summary>The k-shot curve of a meta-trained model beside that of plain multi-task training, as JSON and in words.</summary>
internal static class MetaResult
{
    public const string FileName = "meta.json";

    public static JsonObject Json(MetaOptions options, TaskSplit split, IReadOnlyList<KShotPoint> own, IReadOnlyList<KShotPoint>? baseline) => new()
    {
        ["algorithm"] = options.Algorithm, ["examples_are"] = options.Adapts ? "learned" : "shown", ["seeds"] = options.Seeds,
        ["seen_tasks"] = Names(split.Seen), ["unseen_tasks"] = Names(split.Unseen),
        ["curve"] = Curve(own), ["multitask"] = baseline is null ? null : Curve(baseline),
    };

    public static string Sentence(string name, IReadOnlyList<KShotPoint> curve) => $"{name} on unseen tasks: "
        + string.Join(", ", curve.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Shots}-shot {p.MeanAccuracy:0.000} ± {p.AccuracySpread:0.000} (worst {p.WorstAccuracy:0.000}, whole answers {p.MeanExact:0.000})")));

    public static IReadOnlyDictionary<string, double> Values(IReadOnlyList<KShotPoint> curve) => curve.ToDictionary(p => $"accuracy_{p.Shots}", p => p.MeanAccuracy, StringComparer.Ordinal);

    private static JsonArray Names(IReadOnlyList<TaskSet> tasks) => new([.. tasks.Select(t => (JsonNode)JsonValue.Create(t.Name))]);

    private static JsonArray Curve(IReadOnlyList<KShotPoint> points) => new([.. points.Select(p => (JsonNode)new JsonObject
    {
        ["shots"] = p.Shots, ["accuracy"] = p.MeanAccuracy, ["accuracy_worst"] = p.WorstAccuracy, ["accuracy_sd"] = p.AccuracySpread,
        ["exact"] = p.MeanExact, ["exact_sd"] = p.ExactSpread, ["loss"] = p.MeanLoss,
        ["accuracies"] = new JsonArray([.. p.Accuracy.Select(a => (JsonNode)JsonValue.Create(a))]),
    })]);
}

using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Alignment.Suite.Demo.Reporting;

/// <summary><c>report.json</c>: the numbers, for programs.</summary>
internal static class ReportJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    public static string Of(DemoOutcome o) => JsonSerializer.Serialize(new
    {
        o.Seed,
        Gate = new
        {
            Decision = o.Gate.Decision.ToString().ToLowerInvariant(),
            o.Gate.PValue,
            SignTestPValue = o.Gate.SignTestPValue,
            o.Gate.MeanDifference,
            DifferenceInterval = new { o.Gate.DifferenceInterval.Low, o.Gate.DifferenceInterval.High },
            o.Gate.Reasons,
        },
        WinRate = new
        {
            Estimate = o.Gate.WinRate.TiesHalf,
            o.Gate.WinRateInterval.Low,
            o.Gate.WinRateInterval.High,
            N = o.Gate.WinRate.Count,
            o.Gate.WinRate.Wins,
            o.Gate.WinRate.Ties,
            o.Gate.WinRate.Losses,
        },
        RewardModel = new { o.RewardModel.Accuracy, o.RewardModel.Ceiling, N = o.RewardModel.Count },
        Agreement = new
        {
            o.Agreement.KrippendorffAlpha,
            o.Agreement.PairAgreement,
            o.Agreement.FirstSlotShare,
            o.Agreement.Annotators,
            o.Agreement.Judgements,
        },
        Perplexity = new { Before = o.Gate.PerplexityBefore, After = o.Gate.PerplexityAfter },
        o.Checkpoint,
        Criteria = Criteria(o).ToDictionary(c => c.Id, c => new { c.Before, c.After }),
        o.Stages,
        o.Seconds,
        o.PeakRssBytes,
        o.Conversations,
    }, Options) + "\n";

    /// <summary>Mean mark of parent and child for each criterion of the rubric, in its order.</summary>
    public static IEnumerable<(string Id, double Before, double After)> Criteria(DemoOutcome o) =>
        o.Conversations.Count == 0 ? [] : o.Conversations[0].Before.Marks.Keys.Select(id => (
            id, o.Conversations.Average(c => c.Before.Marks[id]), o.Conversations.Average(c => c.After.Marks[id])));
}

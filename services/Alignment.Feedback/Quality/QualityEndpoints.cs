using Alignment.PreferenceStore.Preferences;
using Alignment.PreferenceStore.Projects;
using Alignment.Statistics.Agreement;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Alignment.Feedback.Quality;

/// <summary>How far the collection is, how well people agree, and what the judgements add up to.</summary>
internal static class QualityEndpoints
{
    public static void Map(IEndpointRouteBuilder feedback)
    {
        feedback.MapGet("/projects/{id}/progress", ProgressAsync);
        feedback.MapGet("/projects/{id}/agreement", AgreementAsync);
    }

    private static async Task<Results<Ok<ProgressView>, ProblemHttpResult>> ProgressAsync(string id, string? batch, ProjectStore projects, FeedbackReader feedback, CancellationToken ct) =>
        await projects.FindAsync(id, ct) is null ? Faults.Missing("project", id) : TypedResults.Ok(new ProgressView(
            await feedback.ProgressAsync(id, batch, ct), await feedback.AnnotatorsAsync(id, batch, ct), await feedback.SlotsAsync(id, batch, ct)));

    private static async Task<Results<Ok<AgreementView>, ProblemHttpResult>> AgreementAsync(string id, string? batch, ProjectStore projects, FeedbackReader feedback, CancellationToken ct) =>
        await projects.FindAsync(id, ct) is null ? Faults.Missing("project", id) : TypedResults.Ok(AgreementView.Of(await feedback.VerdictsAsync(id, batch, ct)));
}

internal sealed record ProgressView(FeedbackProgress Progress, IReadOnlyList<AnnotatorProgress> Annotators, IReadOnlyList<SlotShare> Slots);

/// <summary>Agreement over pair outcomes (better, tie, worse): Krippendorff's alpha and the raw share of equal verdicts.</summary>
/// <param name="Nominal">Alpha with every difference alike; null when nothing was judged twice.</param>
/// <param name="Ordinal">Alpha with worse, tie, better as an order.</param>
/// <param name="PairAgreement">Share of equal verdicts among pairs of annotators, chance not removed.</param>
internal sealed record AgreementView(double? Nominal, double? Ordinal, double? PairAgreement, int Pairs, int PairsJudgedTwice)
{
    public static AgreementView Of(IReadOnlyList<PairVerdict> verdicts)
    {
        var items = verdicts.GroupBy(v => (v.TaskId, v.FirstHash, v.SecondHash)).Select(g => (IReadOnlyList<double>)[.. g.Select(v => (double)v.Verdict)]).ToList();
        var twice = items.Where(i => i.Count > 1).ToList();
        var comparisons = twice.Sum(i => i.Count * (i.Count - 1L) / 2);
        var equal = twice.Sum(i => i.GroupBy(v => v).Sum(g => g.Count() * (g.Count() - 1L) / 2));
        return new AgreementView(KrippendorffAlpha.OfItems(items, RatingDistance.Nominal), KrippendorffAlpha.OfItems(items, RatingDistance.Ordinal),
            comparisons == 0 ? null : equal / (double)comparisons, items.Count, twice.Count);
    }
}

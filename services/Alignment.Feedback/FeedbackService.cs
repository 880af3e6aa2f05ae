using Alignment.Feedback.Judgements;
using Alignment.Feedback.Projects;
using Alignment.Feedback.Quality;
using Alignment.Feedback.Tasks;
using Alignment.PreferenceStore;
using Alignment.ServiceDefaults;

namespace Alignment.Feedback;

/// <summary>Collects people's judgements: projects, tasks under lease, rankings with ties, progress, agreement.</summary>
public static class FeedbackService
{
    public static IHostApplicationBuilder AddFeedback(this IHostApplicationBuilder builder)
    {
        builder.AddServiceDefaults("feedback");
        builder.Services.AddPreferenceStore();
        builder.Services.AddSingleton<FeedbackEvents>();
        // A body that does not parse becomes problem details with the JSON path, in production too.
        builder.Services.Configure<RouteHandlerOptions>(o => o.ThrowOnBadRequest = true);
        return builder;
    }

    public static IEndpointRouteBuilder MapFeedback(this IEndpointRouteBuilder routes)
    {
        var feedback = routes.MapGroup("/feedback");
        ProjectEndpoints.Map(feedback);
        TaskEndpoints.Map(feedback);
        JudgementEndpoints.Map(feedback);
        QualityEndpoints.Map(feedback);
        return routes;
    }
}

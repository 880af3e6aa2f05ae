using Alignment.Evaluation.Jobs;
using Alignment.Evaluation.Suites;
using Alignment.ServiceDefaults;

namespace Alignment.Evaluation;

/// <summary>Evaluation suites, and the comparison that a promotion rests on.</summary>
public static class EvaluationService
{
    public static IHostApplicationBuilder AddEvaluation(this IHostApplicationBuilder builder)
    {
        builder.AddServiceDefaults("evaluation");
        return builder.AddJobRunner<EvaluationJobRunner>();
    }

    public static IEndpointRouteBuilder MapEvaluation(this IEndpointRouteBuilder routes)
    {
        routes.MapSuites();
        return routes;
    }
}

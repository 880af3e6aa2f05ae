using Alignment.ServiceDefaults;
using Alignment.SupervisedFineTuning.Advice;
using Alignment.SupervisedFineTuning.Jobs;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Alignment.SupervisedFineTuning;

/// <summary>Claims <c>sft.train</c> jobs, and advises on runs.</summary>
public static class SupervisedFineTuningService
{
    public static IHostApplicationBuilder AddSupervisedFineTuning(this IHostApplicationBuilder builder)
    {
        builder.AddServiceDefaults("sft");
        builder.Services.TryAddSingleton<IRunTrials, FormulaOnly>();
        return builder.AddJobRunner<SftJobRunner>();
    }

    public static IEndpointRouteBuilder MapSupervisedFineTuning(this IEndpointRouteBuilder routes)
    {
        routes.MapAdvice();
        return routes;
    }
}

using Alignment.Contracts.Messages;
using Alignment.Cycles.Cycles;
using Alignment.Cycles.Jobs;
using Alignment.Cycles.Operations;
using Alignment.Cycles.Schedules;
using Alignment.Jobs;
using Alignment.Messaging;
using Alignment.PreferenceStore;
using Alignment.ServiceDefaults;
using Alignment.Storage;

namespace Alignment.Cycles;

/// <summary>Cycles, schedules and the view of jobs.</summary>
public static class CyclesService
{
    public static IHostApplicationBuilder AddCycles(this IHostApplicationBuilder builder)
    {
        builder.AddServiceDefaults("cycles");
        builder.Services.AddJobs().AddPreferenceStore();
        builder.Services.AddMigrations("cycles", typeof(CyclesService).Assembly);
        builder.Services.AddSingleton<CycleStore>().AddSingleton<CycleEngine>().AddSingleton<ScheduleStore>();
        builder.Services
            .AddEventHandler<JobCompleted, WakeCycles>("cycles").AddEventHandler<JobFailed, WakeCycles>("cycles")
            .AddEventHandler<JobCanceled, WakeCycles>("cycles").AddEventHandler<FeedbackRecorded, WakeCycles>("cycles");
        builder.Services.AddHostedService<CycleReconciler>().AddHostedService<ScheduleTicker>();
        return builder;
    }

    public static IEndpointRouteBuilder MapCycles(this IEndpointRouteBuilder routes)
    {
        routes.MapCycleRoutes();
        routes.MapScheduleRoutes();
        routes.MapJobRoutes();
        routes.MapOperationsRoutes();
        return routes;
    }
}

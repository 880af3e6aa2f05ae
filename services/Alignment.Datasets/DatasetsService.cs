using Alignment.Datasets.Import;
using Alignment.Datasets.Snapshots;
using Alignment.Jobs;
using Alignment.PreferenceStore;
using Alignment.ServiceDefaults;

namespace Alignment.Datasets;

/// <summary>Imports, splits and freezes data: JSON Lines or collected preferences in, immutable snapshots out.</summary>
public static class DatasetsService
{
    public static IHostApplicationBuilder AddDatasets(this IHostApplicationBuilder builder)
    {
        builder.AddServiceDefaults("datasets");
        builder.Services.AddPreferenceStore();
        builder.Services.AddSingleton<SnapshotWriter>();
        builder.Services.AddSingleton<PreferenceSnapshot>();
        builder.Services.AddJobRunner<SnapshotJobRunner>();
        var options = builder.Configuration.GetSection(AlignmentOptions.SectionName).Get<AlignmentOptions>() ?? new();
        builder.Services.AddJobWorker(o => o.WorkFolder = Path.Combine(Path.GetFullPath(options.Data), "jobs"));
        return builder;
    }

    public static IEndpointRouteBuilder MapDatasets(this IEndpointRouteBuilder routes)
    {
        var datasets = routes.MapGroup("/datasets").WithTags("datasets");
        ImportEndpoints.Map(datasets);
        SnapshotEndpoints.Map(datasets);
        return routes;
    }
}

using Alignment.Checkpoints.Aliases;
using Alignment.Checkpoints.Promotion;
using Alignment.Checkpoints.Registry;
using Alignment.ServiceDefaults;
using Alignment.Storage;

namespace Alignment.Checkpoints;

/// <summary>The registry's parts.</summary>
public static class CheckpointsServices
{
    public static IHostApplicationBuilder AddCheckpoints(this IHostApplicationBuilder builder)
    {
        builder.AddServiceDefaults("checkpoints");
        builder.Services.AddMigrations("checkpoints", typeof(CheckpointsServices).Assembly);
        builder.Services.AddSingleton<CheckpointRegistry>();
        builder.Services.AddSingleton<AliasBook>();
        builder.Services.AddSingleton<CheckpointImport>();
        builder.Services.AddSingleton<CheckpointRegistrar>();
        builder.Services.AddHostedService(s => s.GetRequiredService<CheckpointRegistrar>());
        builder.AddJobRunner<PromotionJobRunner>();
        return builder;
    }
}

using Alignment.PreferenceStore.Judgements;
using Alignment.PreferenceStore.Leases;
using Alignment.PreferenceStore.Preferences;
using Alignment.PreferenceStore.Projects;
using Alignment.PreferenceStore.Prompts;
using Alignment.PreferenceStore.Snapshots;
using Alignment.PreferenceStore.Tasks;
using Alignment.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Alignment.PreferenceStore;

/// <summary>Registers the preference store in a host that has the database.</summary>
public static class PreferenceStoreServices
{
    /// <summary>Adds the stores and their migrations; a second call does nothing.</summary>
    public static IServiceCollection AddPreferenceStore(this IServiceCollection services)
    {
        services.AddMigrations("preferences", typeof(PreferenceStoreServices).Assembly);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ProjectStore>();
        services.TryAddSingleton<PromptStore>();
        services.TryAddSingleton<TaskStore>();
        services.TryAddSingleton<LeaseStore>();
        services.TryAddSingleton<ReleaseStore>();
        services.TryAddSingleton<JudgementStore>();
        services.TryAddSingleton<JudgementHistory>();
        services.TryAddSingleton<FeedbackReader>();
        services.TryAddSingleton<PreferenceAggregator>();
        services.TryAddSingleton<SnapshotStore>();
        return services;
    }
}

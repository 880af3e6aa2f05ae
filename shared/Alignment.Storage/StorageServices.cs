using System.Reflection;
using Alignment.Storage.Artifacts;
using Alignment.Storage.Databases;
using Alignment.Storage.Migrations;
using Alignment.Storage.Outbox;
using Alignment.Storage.Signals;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Alignment.Storage;

/// <summary>Registers the store in a host.</summary>
public static class StorageServices
{
    /// <summary>Adds the database, the artifact store and the migrations that run before every other hosted service. Safe to call twice.</summary>
    /// <param name="connectionString"><c>Data Source=…</c> (SQLite) or <c>Host=…</c> (PostgreSQL).</param>
    /// <param name="artifactsFolder">Folder of the content-addressed artifacts; created when missing.</param>
    public static IServiceCollection AddAlignmentStorage(this IServiceCollection services, string connectionString, string artifactsFolder)
    {
        if (services.Any(service => service.ServiceType == typeof(IDatabase)))
        {
            return services;
        }

        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IWakeSignal, WakeSignal>();
        services.TryAddSingleton<IEventOutbox, NoOutbox>();
        services.AddSingleton(provider => Database.Open(connectionString, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IArtifactStore>(provider => new FolderArtifactStore(artifactsFolder, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<Migrator>();
        services.AddHostedService<MigrationService>();
        return services;
    }

    /// <summary>Registers the scripts embedded in <paramref name="assembly"/> once, under the owner's <paramref name="name"/>.</summary>
    public static IServiceCollection AddMigrations(this IServiceCollection services, string name, Assembly assembly)
    {
        var set = new MigrationSet(name, assembly);
        if (!services.Any(service => set.Equals(service.ImplementationInstance)))
        {
            services.AddSingleton(set);
        }

        return services;
    }
}

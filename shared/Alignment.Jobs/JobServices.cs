using Alignment.Jobs.Leases;
using Alignment.Jobs.Queue;
using Alignment.Jobs.Running;
using Alignment.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Alignment.Jobs;

/// <summary>Registers jobs in a host that has a store.</summary>
public static class JobServices
{
    /// <summary>Queue, reader and tables. Safe to call twice.</summary>
    public static IServiceCollection AddJobs(this IServiceCollection services)
    {
        services.AddMigrations("jobs", typeof(JobServices).Assembly);
        services.TryAddSingleton<IJobQueue, JobQueue>();
        services.TryAddSingleton<IJobReader, JobReader>();
        return services;
    }

    public static IServiceCollection AddJobRunner<TRunner>(this IServiceCollection services)
        where TRunner : class, IJobRunner
    {
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IJobRunner, TRunner>());
        return services;
    }

    /// <summary>One worker for this process: claims the kinds of all registered runners and runs one job at a time on its own thread.</summary>
    public static IServiceCollection AddJobWorker(this IServiceCollection services, Action<JobWorkerOptions> configure)
    {
        services.AddJobs();
        services.TryAddSingleton<JobWorkerOptions>(_ =>
        {
            var options = new JobWorkerOptions();
            configure(options);
            options.Validate();
            return options;
        });
        services.TryAddSingleton<JobClaims>();
        services.TryAddSingleton<LeaseStore>();
        services.TryAddSingleton<JobFolders>();
        services.TryAddSingleton<JobExecution>();
        services.AddHostedService<JobWorker>();
        return services;
    }
}
